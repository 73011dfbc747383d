/** Reads a value of the environment. It throws an error that says what the value must be. */
export type Parse<T> = (text: string | undefined) => T

/** Attempts that a window of time allows; see `lib/throttling/limits.ts`. */
export interface Limit {
  attempts: number
  windowSeconds: number
}

/** Reads a value that must not be empty. */
export const text: Parse<string> = (value) => {
  if (value === undefined || value === '') throw new Error('is missing')
  return value
}

/**
 * `client_id` of every access token (RFC 9068 section 2.2). The application's own clients have it and are not
 * registered. It is never the audience: otherwise verifiers that compare only one of the two claims could
 * confuse them.
 */
export const CLIENT_ID = 'first-party'

/** Reads the audience of tokens. */
export const audience: Parse<string> = (value) => {
  if (value === CLIENT_ID) throw new Error(`must not be ${CLIENT_ID}, which is the client_id of every token`)
  return text(value)
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const ISSUER_RULE =
  'must be an https URL such as https://auth.example.com, or http on loopback, without query, fragment and final slash'

/** Issuer of tokens and of the metadata. Verifiers compare it as text, and add `/.well-known/…` to it. */
export const issuer: Parse<string> = (value) => {
  const given = text(value)
  if (!URL.canParse(given)) throw new Error(ISSUER_RULE)
  const { protocol, hostname, origin, pathname } = new URL(given)
  const isLocal = protocol === 'http:' && LOOPBACK.includes(hostname)
  const normal = origin + pathname.replace(/\/$/, '')
  if ((protocol !== 'https:' && !isLocal) || given !== normal) throw new Error(ISSUER_RULE)
  return given
}

/**
 * API that checks new passwords, or `undefined` for `off`. Tests name a substitute, which must be on the same
 * machine. A deployment accepts only `on` and `off`.
 */
export const breachedPasswords: Parse<URL | undefined> = (value) => {
  const given = text(value)
  if (given === 'off') return undefined
  if (given === 'on') return new URL('https://api.pwnedpasswords.com/range/')
  if (URL.canParse(given) && LOOPBACK.includes(new URL(given).hostname)) return new URL(given)
  throw new Error('must be on or off')
}

/** Fails closed: an unknown value is an error, not `none`. */
export const factorPolicy: Parse<'none' | 'administrators' | 'all'> = (value) => {
  const given = text(value)
  if (given === 'none' || given === 'administrators' || given === 'all') return given
  throw new Error('must be none or administrators or all')
}

/** Returns whether a value is `on`; any other value means no. */
export const isOn: Parse<boolean> = (value) => text(value) === 'on'

/** How sessions in cookies are bound to devices: `watch` binds and logs, and refuses nothing. */
export type DeviceBinding = 'watch' | 'on'

/** Reads a value that may be empty. */
export const optionalText: Parse<string | undefined> = (value) => (value === '' ? undefined : value)

/** Reads names with commas between them. */
export const list: Parse<string[]> = (value) => {
  const names = text(value).split(',')
  if (names.includes('')) throw new Error('must be names with commas between them')
  return names
}

/** Reads names with commas between them, or none. */
export const optionalList: Parse<string[]> = (value) => (value ? value.split(',') : [])

/** Creates a reader of whole seconds. Each call is marked as pure: esbuild does not know it of a function in another file. */
export const wholeSeconds =
  (min: number, max: number): Parse<number> =>
  (value) => {
    const seconds = Number(text(value))
    if (!/^\d+$/.test(value ?? '') || seconds < min || seconds > max) {
      throw new Error(`must be whole seconds from ${min} to ${max}`)
    }
    return seconds
  }

/** A counter is one item of DynamoDB, which has room for about 20,000 attempts. */
const MAX_ATTEMPTS = 10_000

/** Reads a limit such as `10/900`. */
export const limit: Parse<Limit> = (value) => {
  const [, attempts, windowSeconds] = /^(\d{1,5})\/(\d{1,6})$/.exec(text(value)) ?? []
  if (!Number(attempts) || Number(attempts) > MAX_ATTEMPTS || !Number(windowSeconds)) {
    throw new Error(`must be attempts/seconds, such as 10/900, with 1 to ${MAX_ATTEMPTS} attempts`)
  }
  return { attempts: Number(attempts), windowSeconds: Number(windowSeconds) }
}

/** Reads a URL that may be missing. */
export const optionalUrl: Parse<URL | undefined> = (value) => {
  if (optionalText(value) === undefined) return undefined
  if (!URL.canParse(value ?? '')) throw new Error('must be a URL')
  return new URL(value ?? '')
}

/**
 * Returns the audience of the tokens with which operators act as users. It is neither that of the application nor that of an API: a verifier that does not know `act` would
 * take the operator for the user.
 */
export const actAudienceOf = (issuer: string): string => `${issuer}/act-as`
