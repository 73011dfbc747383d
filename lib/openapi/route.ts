import type { ZodMiniType } from 'zod/mini'
import type { Config } from '../config.ts'
import type { Change } from '../mail/change.ts'
import type { HeaderName } from './headers.ts'
import type { ProblemName } from './problems/problems.ts'

/** Groups of routes, in the order of the API description. */
export const TAGS = {
  Sessions: 'Sign in, refresh tokens, list and end sessions, sign out.',
  OAuth: 'Sign-in at other apps: OAuth 2.1 and OpenID Connect.',
  Content: 'Content for callers with an access token.',
  Account: 'Accounts: registration, password, e-mail address.',
  Factors: 'Second factors and passkeys.',
  Admin: 'Accounts of others, for pages of the service alone.',
  Service: 'Public keys and API description.',
}

/** The group of the pages, which can be switched off. */
export const PAGE_TAGS = { Pages: 'HTML pages for browsers.' }

/**
 * Features that a parameter switches off, with the routes that need them. They are the pages, sessions bound to devices, mails,
 * registration by invitation, registration by anybody, sign-in by a mail, sign-in at other apps, sign-in by other providers, the console of operators, and
 * operators who act as users. Routes with scopes exist if a function names some. The last feature is the examples of demo users.
 */
export const FEATURES = [
  'pages',
  'devices',
  'mail',
  'invitations',
  'registration',
  'mailSignIn',
  'oauth',
  'federation',
  'console',
  'actAs',
  'scopes',
  'demo',
] as const

export type Feature = (typeof FEATURES)[number]

/**
 * Returns the features that the parameters of a service switch on. A page exists only with the pages, so it
 * does not need `PAGES`.
 */
export function featuresOf({
  PAGES = 'on',
  MAILER,
  REGISTRATION,
  OAUTH = false,
  MAIL_SIGN_IN = false,
  FEDERATION = false,
  CONSOLE = false,
  DEVICES = false,
  ACT_AS = false,
  API_SCOPES = [],
  DEMO = false,
}: Config<'MAILER' | 'REGISTRATION'> &
  Partial<
    Config<'PAGES' | 'MAIL_SIGN_IN' | 'OAUTH' | 'API_SCOPES' | 'DEMO' | 'ACT_AS'> & {
      FEDERATION: boolean
      CONSOLE: boolean
      DEVICES: boolean
    }
  >): Feature[] {
  const hasMail = MAILER !== undefined
  const isOn: Record<Feature, boolean> = {
    pages: PAGES === 'on',
    devices: DEVICES,
    mail: hasMail,
    invitations: hasMail && REGISTRATION !== 'off',
    registration: hasMail && REGISTRATION === 'open',
    mailSignIn: hasMail && MAIL_SIGN_IN,
    oauth: OAUTH,
    federation: FEDERATION,
    console: CONSOLE,
    actAs: ACT_AS,
    scopes: API_SCOPES.length > 0,
    demo: DEMO,
  }
  return FEATURES.filter((feature) => isOn[feature])
}

/**
 * An example of a request body. One with `isDemo` signs in with a demo user. Only a service with `demo=on`
 * shows it.
 */
export interface BodyExample {
  summary: string
  value: object
  isDemo?: true
}

/** A route, as a row of the API description and of the functions that `functions.yml` describes. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  path: string
  /** Path at the gateway, if several routes share one there, such as `/admin-api/{proxy+}`. */
  gatewayPath?: string
  /** Key of the function in `functions.yml`, whose `events` the plugin makes of its rows. Routes of `serverless.yml` have none. */
  function?: string
  /** Name of the function in generated clients. Default: method and path, `getHello` for `GET /hello`. */
  operationId?: string
  /** Features that the route needs: all of these. */
  needs?: Feature | readonly Feature[]
  /** Default: `Content`. */
  tag?: keyof typeof TAGS | keyof typeof PAGE_TAGS
  summary: string
  description?: string
  /** Whether the route requires an access token: for the gateway's authorizer, or for its function. */
  isProtected?: boolean | 'by its function'
  /** Whether the application answers it, in a way that is not known here. The other rows without a function are in `routes/content.ts`. */
  isOwn?: boolean
  /**
   * Whether the route sets the session cookie, also accepts it as proof of a session, or accepts no other
   * proof.
   */
  cookie?: 'sets' | 'takes' | 'needs'
  /** Whether the route also accepts an access token, in addition to the cookie that it needs. */
  takesToken?: boolean
  body?: {
    /** Name and description of the schema as a component of the description. */
    name: string
    description: string
    schema: ZodMiniType
    examples: Record<string, BodyExample>
  }
  /** Schema and example of a form, as `application/x-www-form-urlencoded`. */
  form?: { schema: object; example: object }
  /** Whether its errors are those of OAuth (RFC 6749 section 5.2), and no problems. */
  hasClientErrors?: boolean
  /**
   * The change of the account that the current password in the body proves: with `mailSignIn=on` a change token proves it too. `password`
   * takes the password only.
   */
  proof?: Change | 'password'
  /** What is different with `mailSignIn=on`. */
  withMailSignIn?: Partial<Pick<Route, 'description' | 'body' | 'problems' | 'response'>>
  parameters?: object[]
  response: {
    /** Default: 200 with `content`, 204 without. */
    status?: 200 | 201 | 202 | 204 | 302 | 303
    /** Default: `The request succeeded.` */
    description?: string
    /** By header name. Added to the headers of every response, or replaces one of them. */
    headers?: Record<string, HeaderName>
    content?: Record<string, { schema: object; example?: unknown }>
  }
  /**
   * Problems of this route. Those of every protected route, every body and every parameter are added;
   * see `lib/openapi/responses.ts`.
   */
  problems?: ProblemName[]
  /** Problems of every route that this one does not have. */
  omits?: ProblemName[]
}

/** Returns the route's `operationId`: its own, or method and path in camel case. */
export function operationIdOf({ operationId, method, path }: Route): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? []
  return operationId ?? method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** Returns the status of the route's successful response. */
export const statusOf = ({ response }: Route): 200 | 201 | 202 | 204 | 302 | 303 =>
  response.status ?? (response.content ? 200 : 204)
