import type { SessionPolicy } from './sessions/session.ts'
import type { Limit, Limits } from './throttling/limits.ts'

type Parse<T> = (text: string | undefined) => T

const text: Parse<string> = (value) => {
  if (value === undefined || value === '') throw new Error('is missing')
  return value
}

const optionalText: Parse<string | undefined> = (value) => (value === '' ? undefined : value)

const list: Parse<string[]> = (value) => {
  const names = text(value).split(',')
  if (names.includes('')) throw new Error('must be names with commas between them')
  return names
}

// Pure, so that bundles which need none of the settings below go without them.
/* @__NO_SIDE_EFFECTS__ */ const wholeSeconds =
  (least: number, most: number): Parse<number> =>
  (value) => {
    const seconds = Number(text(value))
    if (!/^\d+$/.test(value ?? '') || seconds < least || seconds > most) {
      throw new Error(`must be whole seconds from ${least} to ${most}`)
    }
    return seconds
  }

const limit: Parse<Limit> = (value) => {
  const [, failures, windowSeconds] = /^(\d{1,6})\/(\d{1,6})$/.exec(text(value)) ?? []
  if (!Number(failures) || !Number(windowSeconds)) {
    throw new Error('must be failures/seconds, such as 5/900, both at least 1')
  }
  return { failures: Number(failures), windowSeconds: Number(windowSeconds) }
}

const optionalUrl: Parse<URL | undefined> = (value) => {
  if (optionalText(value) === undefined) return undefined
  if (!URL.canParse(value ?? '')) throw new Error('must be a URL')
  return new URL(value ?? '')
}

/** Everything a function can be told from outside, and what is accepted for it. */
export const SETTINGS = {
  TABLE_NAME: text,
  /** KMS key that signs new tokens, by alias. */
  SIGNING_KEY: text,
  /** KMS keys whose public halves are trusted and published, by alias. */
  PUBLISHED_KEYS: list,
  TOKEN_ISSUER: text,
  TOKEN_AUDIENCE: text,
  TOKEN_TTL_SECONDS: wholeSeconds(60, 86_400),
  SESSION_TTL_SECONDS: wholeSeconds(60, 31_536_000),
  SESSION_IDLE_TTL_SECONDS: wholeSeconds(60, 31_536_000),
  LIMIT_USER_AND_SOURCE: limit,
  LIMIT_SOURCE: limit,
  LIMIT_USER: limit,
  /** Whether the pages are there: `on`, or anything else. */
  PAGES: text,
  // The rest is set by Lambda itself, or read as the AWS SDKs read it.
  AWS_REGION: text,
  AWS_ACCESS_KEY_ID: text,
  AWS_SECRET_ACCESS_KEY: text,
  AWS_SESSION_TOKEN: optionalText,
  AWS_ENDPOINT_URL: optionalUrl,
  AWS_ENDPOINT_URL_DYNAMODB: optionalUrl,
  AWS_ENDPOINT_URL_KMS: optionalUrl,
}

type Settings = typeof SETTINGS
type Name = keyof Settings

/** The settings of {@link SETTINGS} that were asked for, parsed, under their own names. */
export type Config<N extends Name> = { readonly [K in N]: ReturnType<Settings[K]> }

/**
 * Reads settings from the environment, once, when a function starts. Nothing else reads it.
 *
 * @param names - The settings this function needs; the others are not looked at.
 * @param env - Environment to read.
 * @returns The parsed settings by name.
 * @throws Error naming every setting that is at fault, and never a value.
 */
export function readConfig<N extends Name>(names: readonly N[], env = process.env): Config<N> {
  const faults: string[] = []
  const entries = names.map((name) => {
    try {
      return [name, SETTINGS[name](env[name])]
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`)
      return [name, undefined]
    }
  })
  if (faults.length > 0) throw new Error(`Cannot start: ${faults.join('; ')}`)
  return Object.fromEntries(entries)
}

/** How many failed passwords are too many, from the environment. */
export function readLimits(): Limits {
  const config = readConfig(['LIMIT_USER_AND_SOURCE', 'LIMIT_SOURCE', 'LIMIT_USER'])
  return {
    userAndSource: config.LIMIT_USER_AND_SOURCE,
    source: config.LIMIT_SOURCE,
    user: config.LIMIT_USER,
  }
}

/** How long sessions last, from the environment. */
export function readSessionPolicy(): SessionPolicy {
  const config = readConfig(['SESSION_TTL_SECONDS', 'SESSION_IDLE_TTL_SECONDS'])
  return { absoluteTtlSeconds: config.SESSION_TTL_SECONDS, idleTtlSeconds: config.SESSION_IDLE_TTL_SECONDS }
}

/** Origins whose pages may read the answers, from the environment; `*` is all of them. They are checked when deployed. */
export const readAllowedOrigins = (env = process.env): string[] =>
  env.ALLOWED_ORIGINS ? env.ALLOWED_ORIGINS.split(',') : []
