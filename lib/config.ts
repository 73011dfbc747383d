type Parse<T> = (text: string | undefined) => T

/** Attempts that a window of time allows; see `lib/throttling/limits.ts`. */
export interface Limit {
  attempts: number
  windowSeconds: number
}

const text: Parse<string> = (value) => {
  if (value === undefined || value === '') throw new Error('is missing')
  return value
}

/**
 * `client_id` of every access token (RFC 9068 section 2.2). The application's own clients have it and are not
 * registered. It is never the audience: otherwise verifiers that compare only one of the two claims could
 * confuse them.
 */
export const CLIENT_ID = 'first-party'

const audience: Parse<string> = (value) => {
  if (value === CLIENT_ID) throw new Error(`must not be ${CLIENT_ID}, which is the client_id of every token`)
  return text(value)
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const ISSUER_RULE =
  'must be an https URL such as https://auth.example.com, or http on loopback, without query, fragment and final slash'

/** Issuer of tokens and of the metadata. Verifiers compare it as text, and add `/.well-known/…` to it. */
const issuer: Parse<string> = (value) => {
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
const breachedPasswords: Parse<URL | undefined> = (value) => {
  const given = text(value)
  if (given === 'off') return undefined
  if (given === 'on') return new URL('https://api.pwnedpasswords.com/range/')
  if (URL.canParse(given) && LOOPBACK.includes(new URL(given).hostname)) return new URL(given)
  throw new Error('must be on or off')
}

/** Fails closed: an unknown value is an error, not `none`. */
const factorPolicy: Parse<'none' | 'administrators' | 'all'> = (value) => {
  const given = text(value)
  if (given === 'none' || given === 'administrators' || given === 'all') return given
  throw new Error('must be none or administrators or all')
}

const isOn: Parse<boolean> = (value) => text(value) === 'on'

const optionalText: Parse<string | undefined> = (value) => (value === '' ? undefined : value)

const list: Parse<string[]> = (value) => {
  const names = text(value).split(',')
  if (names.includes('')) throw new Error('must be names with commas between them')
  return names
}

const optionalList: Parse<string[]> = (value) => (value ? value.split(',') : [])

// Declared pure, so that bundles whose settings do not need it leave it out.
/* @__NO_SIDE_EFFECTS__ */ const wholeSeconds =
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

const limit: Parse<Limit> = (value) => {
  const [, attempts, windowSeconds] = /^(\d{1,5})\/(\d{1,6})$/.exec(text(value)) ?? []
  if (!Number(attempts) || Number(attempts) > MAX_ATTEMPTS || !Number(windowSeconds)) {
    throw new Error(`must be attempts/seconds, such as 10/900, with 1 to ${MAX_ATTEMPTS} attempts`)
  }
  return { attempts: Number(attempts), windowSeconds: Number(windowSeconds) }
}

const optionalUrl: Parse<URL | undefined> = (value) => {
  if (optionalText(value) === undefined) return undefined
  if (!URL.canParse(value ?? '')) throw new Error('must be a URL')
  return new URL(value ?? '')
}

/** Every environment variable that functions read, with the parser that validates it. */
export const SETTINGS = {
  /** Origins whose pages may read responses; `*` allows all. Validated at deployment. */
  AUTH_ALLOWED_ORIGINS: optionalList,
  /** Roles that may use the routes of the function; empty allows all. `role` of a function in `serverless.yml`. */
  AUTH_ROLES: optionalList,
  /** Routes that only some roles may use; see `policyFor` in `lib/authorization/policy.ts`. */
  GUARDED_ROUTES: text,
  /** Routes that clients may use with a scope; see `clientPolicyFor` in `lib/authorization/client-policy.ts`. */
  SCOPED_ROUTES: text,
  /** Protected routes of the project's HTTP API, if it has any; see `lib/authorization/http-api.ts`. */
  HTTP_API_ROUTES: optionalText,
  /** The scopes of functions; empty without any. */
  API_SCOPES: optionalList,
  /** Routes of the application that demand an access token, such as `GET/notes`; see `lib/openapi/own-routes.ts`. */
  OWN_ROUTES: optionalList,
  /** Whether clients may keep the refresh token in a cookie: `on`; any other value means no. */
  COOKIE_SESSIONS: isOn,
  TABLE_NAME: text,
  /** Alias of the KMS key that signs new tokens. */
  SIGNING_KEY: text,
  /** Aliases of the KMS keys whose public halves are trusted and published. */
  PUBLISHED_KEYS: list,
  TOKEN_ISSUER: issuer,
  TOKEN_AUDIENCE: audience,
  TOKEN_TTL_SECONDS: wholeSeconds(60, 86_400),
  SESSION_TTL_SECONDS: wholeSeconds(60, 31_536_000),
  SESSION_IDLE_TTL_SECONDS: wholeSeconds(60, 31_536_000),
  /** How long a replaced refresh token still gets its replacement. */
  REFRESH_GRACE_SECONDS: wholeSeconds(0, 60),
  LIMIT_USER_AND_SOURCE: limit,
  LIMIT_SOURCE: limit,
  LIMIT_KNOWN_SOURCE: limit,
  LIMIT_USER: limit,
  LIMIT_USER_AND_KNOWN_SOURCE: limit,
  /** Whether new passwords are checked against known data breaches: `on` or `off`. */
  BREACHED_PASSWORDS: breachedPasswords,
  /** Requests for mails, by source and by recipient. */
  LIMIT_MAIL_SOURCE: limit,
  LIMIT_MAIL_RECIPIENT: limit,
  /** Requests of one administrator to the console's API. */
  LIMIT_ADMIN_READS: limit,
  LIMIT_ADMIN_CHANGES: limit,
  /** Name of the function that sends mails; empty if the service sends none. */
  MAILER: optionalText,
  /** Hosts of metadata documents of clients that are URLs; `*` allows all, empty none. Validated at deployment. */
  CLIENT_METADATA_HOSTS: optionalList,
  /** Name of the function that fetches metadata documents. */
  CLIENT_FETCHER: text,
  /** The next three are validated at deployment. */
  MAIL_FROM: text,
  SERVICE_NAME: text,
  /** Domains of addresses that may register; empty allows all. */
  ALLOWED_EMAIL_DOMAINS: optionalList,
  /** Base URL of the pages that links in mails open, and of the API for clients. */
  PUBLIC_URL: issuer,
  NOTIFY_NEW_SOURCE: text,
  /** The users who may register: `off`, `invite` or `open`. */
  REGISTRATION: text,
  /** The users who must have a second factor. */
  REQUIRE_SECOND_FACTOR: factorPolicy,
  /** Alias of the KMS key that encrypts the secrets of second factors. */
  FACTOR_KEY: text,
  /** Domain that passkeys are bound to, and origins of the pages that use them. Validated at deployment. */
  RP_ID: text,
  RP_ORIGINS: list,
  /** Time from the announcement of an operator's reset of second factors to its effect. */
  FACTOR_RESET_DELAY_SECONDS: wholeSeconds(0, 2_592_000),
  /** Whether the pages are deployed: `on`; any other value means no. */
  PAGES: text,
  /** Whether apps may sign users in: `on`; any other value means no. */
  OAUTH: isOn,
  /** Whether operators may act as users: `on`; any other value means no. */
  ACT_AS: isOn,
  /** Whether the pages show the demo of tokens and routes: `on`; any other value means no. */
  DEMO: isOn,
  // Lambda sets the first four of these. The AWS SDKs define the endpoints.
  AWS_REGION: text,
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: optionalText,
  AWS_ENDPOINT_URL: optionalUrl,
  AWS_ENDPOINT_URL_DYNAMODB: optionalUrl,
  AWS_ENDPOINT_URL_KMS: optionalUrl,
  AWS_ENDPOINT_URL_LAMBDA: optionalUrl,
  AWS_ENDPOINT_URL_SESV2: optionalUrl,
}

type Settings = typeof SETTINGS
/** Name of a setting. */
export type SettingName = keyof Settings

/** Parsed settings of {@link SETTINGS}, by their own names. */
export type Config<N extends SettingName> = { readonly [K in N]: ReturnType<Settings[K]> }

/**
 * Reads settings from the environment. No other function reads the environment, except
 * {@link readAllowedOrigins}, {@link takesCookies}, {@link hasFederation}, {@link readRoles} and {@link readOldPlace}.
 *
 * It is called once in a request, with every setting that the handler needs: by `tableHandler` in `lib/http/table.ts`, or by
 * the handler. A test compares the settings that a handler reads with those that its function has.
 *
 * @param names - Settings to read; no other variable is read.
 * @param env - Environment to read from.
 * @returns The parsed settings by name.
 * @throws Error that names every missing or invalid setting, but no value.
 * @example
 * const config = readConfig(['TABLE_NAME', 'TOKEN_ISSUER'])
 */
export function readConfig<N extends SettingName>(names: readonly N[], env = process.env): Config<N> {
  const faults: string[] = []
  const config: Record<string, unknown> = {}
  for (const name of names) {
    try {
      config[name] = SETTINGS[name](env[name])
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`)
    }
  }
  if (faults.length > 0) throw new Error(`Invalid configuration: ${faults.join('; ')}`)
  return config as Config<N>
}

/**
 * Reads the setting `AUTH_ALLOWED_ORIGINS`, with the parser that {@link SETTINGS} has for it.
 *
 * Many handlers need no other setting, and {@link readConfig} would add all parsers to their bundles. A test compares the results.
 */
export const readAllowedOrigins = (env = process.env): string[] => optionalList(env.AUTH_ALLOWED_ORIGINS)

/** Reads the setting `AUTH_ROLES`. It is separate for the same reason as {@link readAllowedOrigins}: bundle size. */
export const readRoles = (env = process.env): string[] => optionalList(env.AUTH_ROLES)

/**
 * Reads where the function `drain` asks about passwords: a user pool, or an endpoint with its sealed secret. A deployment has validated
 * the values. It is separate for the same reason as {@link readAllowedOrigins}: bundle size.
 */
export const readOldPlace = ({ OLD_POOL, OLD_POOL_CLIENT, PASSWORDS_URL, PASSWORDS_SECRET } = process.env) =>
  ({ OLD_POOL, OLD_POOL_CLIENT, PASSWORDS_URL, PASSWORDS_SECRET }) as Record<string, string>

/** Returns the name of the function `drain`, if there is an old place of passwords. It is separate for the same reason as {@link readRoles}. */
export const readDrainFunction = (env = process.env): string | undefined => env.DRAIN_FUNCTION

/** Returns the name that the function is deployed under, which Lambda sets. */
export const functionName = (env = process.env): string | undefined => env.AWS_LAMBDA_FUNCTION_NAME

/** Whether this process runs on Lambda, which sets the name of its runtime. The local service does not set it. */
export const isOnLambda = (env = process.env): boolean =>
  env.AWS_EXECUTION_ENV?.startsWith('AWS_Lambda_') ?? false

/** Whether a function accepts the session cookie: its setting `COOKIE_SESSIONS` is `on`. It is separate for bundle size, too. */
export const takesCookies = (env = process.env): boolean => env.COOKIE_SESSIONS === 'on'

/** Whether users sign in by other providers: `FEDERATION` is `on`. It is not in {@link SETTINGS}, which other functions have too. */
export const hasFederation = (env = process.env): boolean => env.FEDERATION === 'on'
