import {
  audience,
  breachedPasswords,
  type DeviceBinding,
  factorPolicy,
  isOn,
  issuer,
  limit,
  list,
  optionalList,
  optionalText,
  optionalUrl,
  type Parse,
  text,
  wholeSeconds,
} from './values.ts'

// The authorizer reads three groups by `readSettings`. So its bundle has no other parsers.

/** Settings of an authorizer. */
export const AUTHORIZER = {
  /** Routes that only some roles may use; see `policyFor` in `lib/authorization/policy.ts`. */
  GUARDED_ROUTES: text,
  /** Protected routes of the project's HTTP API, if it has any; see `lib/authorization/http-api.ts`. */
  HTTP_API_ROUTES: optionalText,
  /** Routes that clients may use with a scope; see `clientPolicyFor` in `lib/authorization/client-policy.ts`. */
  SCOPED_ROUTES: text,
  /** Aliases of the KMS keys whose public halves are trusted and published. */
  PUBLISHED_KEYS: list,
  TABLE_NAME: text,
  TOKEN_AUDIENCE: audience,
  TOKEN_ISSUER: issuer,
}

/** Setting of an authorizer with `actAs=on`. */
export const ACTS = {
  /** Routes that operators may read who act as a user; see `actPolicyFor` in `lib/authorization/act-policy.ts`. */
  ACT_AS_ROUTES: text,
}

/** Settings of the client of AWS. Lambda sets the first four. The AWS SDKs define the endpoints. */
export const AWS = {
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

/** Every environment variable that functions read, with the parser that validates it. */
export const SETTINGS = /* @__PURE__ */ Object.assign(
  {
    /** Origins whose pages may read responses; `*` allows all. Validated at deployment. */
    AUTH_ALLOWED_ORIGINS: optionalList,
    /** Roles that may use the routes of the function; empty allows all. `role` of a function in `serverless.yml`. */
    AUTH_ROLES: optionalList,
    /** The scopes of functions; empty without any. */
    API_SCOPES: optionalList,
    /** Routes of the application that demand an access token, such as `GET/notes`; see `lib/openapi/own-routes.ts`. */
    OWN_ROUTES: optionalList,
    /** Whether clients may keep the refresh token in a cookie: `on`; any other value means no. */
    COOKIE_SESSIONS: isOn,
    /** Alias of the KMS key that signs new tokens. */
    SIGNING_KEY: text,
    // Bundles whose settings do not need them leave pure calls out.
    TOKEN_TTL_SECONDS: /* @__PURE__ */ wholeSeconds(60, 86_400),
    SESSION_TTL_SECONDS: /* @__PURE__ */ wholeSeconds(60, 31_536_000),
    SESSION_IDLE_TTL_SECONDS: /* @__PURE__ */ wholeSeconds(60, 31_536_000),
    /** How long a replaced refresh token still gets its replacement. */
    REFRESH_GRACE_SECONDS: /* @__PURE__ */ wholeSeconds(0, 60),
    LIMIT_USER_AND_SOURCE: limit,
    LIMIT_SOURCE: limit,
    LIMIT_KNOWN_SOURCE: limit,
    LIMIT_USER: limit,
    LIMIT_USER_AND_KNOWN_SOURCE: limit,
    /** Whether new passwords are checked against known data breaches: `on` or `off`. */
    BREACHED_PASSWORDS: breachedPasswords,
    /** Requests for mails, by source and by recipient. */
    LIMIT_MAIL_SOURCE: limit,
    LIMIT_MAIL_SIGN_INS: limit,
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
    FACTOR_RESET_DELAY_SECONDS: /* @__PURE__ */ wholeSeconds(0, 2_592_000),
    /** Whether the pages are deployed: `on`; any other value means no. */
    PAGES: text,
    /** Whether apps may sign users in: `on`; any other value means no. */
    OAUTH: isOn,
    /** Whether users may sign in by a mail, and have no password: `on`. Functions of a service without it have no such variable. */
    MAIL_SIGN_IN: (value?: string) => value === 'on',
    /** Whether operators may act as users: `on`; any other value means no. */
    ACT_AS: isOn,
    /** Whether the pages show the demo of tokens and routes: `on`; any other value means no. */
    DEMO: isOn,
  },
  AUTHORIZER,
  ACTS,
  AWS,
)

type Settings = typeof SETTINGS
/** Name of a setting. */
export type SettingName = keyof Settings

/** Parsed settings of {@link SETTINGS}, by their own names. */
export type Config<N extends SettingName> = { readonly [K in N]: ReturnType<Settings[K]> }

/**
 * Reads settings from the environment. No other function reads the environment, except
 * {@link readAllowedOrigins}, {@link takesCookies}, {@link hasFederation}, {@link readRoles}, {@link readActOrigins},
 * {@link readOldPlace} and {@link readEventBus}.
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
export const readConfig = <N extends SettingName>(names: readonly N[], env = process.env): Config<N> =>
  readSettings(Object.fromEntries(names.map((name) => [name, SETTINGS[name]])), env) as Config<N>

/**
 * Reads settings like {@link readConfig}, by their parsers, such as {@link AUTHORIZER}.
 *
 * It adds only the parsers of the group to a bundle. {@link readConfig} adds all.
 */
export function readSettings<P extends Record<string, Parse<unknown>>>(
  parsers: P,
  env = process.env,
): { readonly [K in keyof P]: ReturnType<P[K]> } {
  const faults: string[] = []
  const config: Record<string, unknown> = {}
  for (const [name, parse] of Object.entries(parsers)) {
    try {
      config[name] = parse(env[name])
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`)
    }
  }
  if (faults.length > 0) throw new Error(`Invalid configuration: ${faults.join('; ')}`)
  return config as { readonly [K in keyof P]: ReturnType<P[K]> }
}

/**
 * Reads the setting `AUTH_ALLOWED_ORIGINS`, with the parser that {@link SETTINGS} has for it.
 *
 * Many handlers need no other setting, and {@link readConfig} would add all parsers to their bundles. A test compares the results.
 */
export const readAllowedOrigins = (env = process.env): string[] => optionalList(env.AUTH_ALLOWED_ORIGINS)

/** Reads the setting `AUTH_ROLES`. It is separate for the same reason as {@link readAllowedOrigins}: bundle size. */
export const readRoles = (env = process.env): string[] => optionalList(env.AUTH_ROLES)

/** Whether a function takes operators who act as a user: `actAs: true` in `serverless.yml`. It is separate for bundle size, too. */
export const takesActs = (env = process.env): boolean => env.AUTH_TAKES_ACTS === 'on'

/**
 * Reads the origins of pages where operators may act as users, or `undefined` with `actAs=off`. It is separate for the same reason as
 * {@link readAllowedOrigins}: bundle size.
 */
export const readActOrigins = ({ ACT_AS_ORIGINS } = process.env): string[] | undefined =>
  ACT_AS_ORIGINS === undefined ? undefined : optionalList(ACT_AS_ORIGINS)

/**
 * Reads where the function `drain` asks about passwords: a user pool, or an endpoint with its sealed secret. A deployment has validated
 * the values. It is separate for the same reason as {@link readAllowedOrigins}: bundle size.
 */
export const readOldPlace = ({ OLD_POOL, OLD_POOL_CLIENT, PASSWORDS_URL, PASSWORDS_SECRET } = process.env) =>
  ({ OLD_POOL, OLD_POOL_CLIENT, PASSWORDS_URL, PASSWORDS_SECRET }) as Record<string, string>

/**
 * Reads the bus, which types of events leave for it (`changes` or `all`; a deployment has validated it), and the endpoint that the AWS SDKs
 * define for it. It is separate for the same reason as {@link readAllowedOrigins}: bundle size.
 */
export const readEventBus = (env = process.env) => ({
  name: env.EVENT_BUS ?? '',
  types: env.EVENT_TYPES,
  endpoint: optionalUrl(env.AWS_ENDPOINT_URL_EVENTBRIDGE ?? env.AWS_ENDPOINT_URL),
})

/** Returns the name of the function `drain`, if there is an old place of passwords. It is separate for the same reason as {@link readRoles}. */
export const readDrainFunction = (env = process.env): string | undefined => env.DRAIN_FUNCTION

/** Returns the name that the function is deployed under, which Lambda sets. */
export const functionName = (env = process.env): string | undefined => env.AWS_LAMBDA_FUNCTION_NAME

/** Whether this process runs on Lambda, which sets the name of its runtime. The local service does not set it. */
export const isOnLambda = (env = process.env): boolean =>
  env.AWS_EXECUTION_ENV?.startsWith('AWS_Lambda_') ?? false

/** Whether a function accepts the session cookie: its setting `COOKIE_SESSIONS` is `on`. It is separate for bundle size, too. */
export const takesCookies = (env = process.env): boolean => env.COOKIE_SESSIONS === 'on'

/**
 * How sessions in cookies are bound to devices: `DEVICE_BOUND_SESSIONS` is `watch`, which refuses nothing, or `on`. It is not in
 * {@link SETTINGS}: only the handlers of `functions/devices/` read it.
 */
export const readDeviceBinding = (env = process.env): DeviceBinding =>
  env.DEVICE_BOUND_SESSIONS === 'watch' ? 'watch' : 'on'

/** Whether users sign in by other providers: `FEDERATION` is `on`. It is not in {@link SETTINGS}, which other functions have too. */
export const hasFederation = (env = process.env): boolean => env.FEDERATION === 'on'
