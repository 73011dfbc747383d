import type { JSONWebKeySet } from 'jose'
import { PROBLEMS } from '../../../lib/errors.ts'
import { json } from '../../../lib/http/responses.ts'
import type { Api } from '../../../lib/oauth/apis/api.ts'
import { readRefreshToken, refreshTokenOf, withSecret } from '../../../lib/sessions/refresh-token.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import type { SmokePasskey } from './authenticator.ts'
import type { SmokeClient } from './client.ts'
import type { Log } from './logs.ts'
import {
  Difference,
  expectProblem,
  expectResponse,
  membersOf,
  type Received,
  type Send,
} from './responses.ts'
import type { SmokeUser } from './user.ts'

export interface Tokens {
  authToken: string
  refreshToken: string
}

/** An authenticator app: its secret, and the last step whose code it gave. */
export interface App {
  secret: Buffer
  lastStep: number
}

/** A code, with what its exchange needs. */
export interface SmokeCode {
  code: string
  verifier: string
  nonce: string
}

/** What a page of the service has of a session: the cookie, and an access token in its memory. */
export interface SmokeBrowser {
  cookie: string
  token: string
}

/** A second user, whom a check creates and others change. */
export interface Guest extends Pick<SmokeUser, 'username' | 'password'> {
  /** Whether the service or the store has said whether it created the user. */
  isCertain: boolean
  isStored: boolean
  tokens?: Tokens
  app?: App
  recoveryCodes?: string[]
  passkey?: SmokePasskey
}

/** What the checks have, and what earlier ones found for later ones. */
export interface Visit {
  send: Send
  table: OperatorTable
  user: SmokeUser
  /** Realm of the gateway's challenges. */
  realm: string
  /** Origin of pages that use passkeys, if the stack names it. */
  rpOrigin: string | undefined
  /** Stream of the events that `publish-event` reads, if the stage has an event bus. */
  stream: string | undefined
  /** Log of the function `login`. */
  log: Log | undefined
  /** Longest wait for the log. */
  logMs: number
  /** Longest wait for a mail. */
  mailMs: number
  begun: Date
  interruption: AbortSignal
  /** Names of the operations in the API description. */
  operations?: readonly string[] | undefined
  keys?: JSONWebKeySet
  issuer?: string
  /** Whether the metadata name what apps need to sign users in. */
  hasOAuth?: boolean
  /** Whether apps may sign users in that are not registered. */
  takesDocuments?: boolean
  /** Of the latest sign-in by password, with the app if there is one. */
  tokens?: Tokens
  app?: App
  /** Whether {@link tokens} are of a sign-in with the app. */
  hasUsedApp?: boolean
  passkey?: SmokePasskey
  passkeyTokens?: Tokens
  /** Ids of the mails whose items are deleted at the end. */
  mailIds: string[]
  guest?: Guest
  /** Of an API that the clients have a scope of. */
  api?: Api
  /** All clients. The first one is that of a server. */
  clients: SmokeClient[]
  client?: SmokeClient
  /** A code for the client, with the secret of its challenge, and the browser that got it. */
  code?: SmokeCode & { browser: SmokeBrowser }
  /** Of the client. */
  clientTokens?: { access: string; refresh: string; idToken: string }
}

/** The reason why a check cannot run. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

export const credentials = ({ username, password }: Pick<SmokeUser, 'username' | 'password'>) => ({
  username,
  password,
})

/** Returns what an earlier check found. */
export function found<T>(value: T | undefined, check: string): T {
  if (value === undefined) throw new Skip(`needs ${check}`)
  return value
}

/** Returns the members of a 200. */
export function bodyOf(received: Received): Record<string, unknown> {
  expectResponse(received, json(200, {}))
  return membersOf(received)
}

/** Returns the text of a member of a 200. */
export function textOf(received: Received, name: string): string {
  const value = bodyOf(received)[name]
  if (typeof value !== 'string') throw new Difference(`expected the member ${name}`)
  return value
}

export function tokensIn(received: Received): Tokens {
  const { authToken, refreshToken } = bodyOf(received)
  if (typeof authToken !== 'string' || typeof refreshToken !== 'string') {
    throw new Difference('expected the members authToken and refreshToken')
  }
  return { authToken, refreshToken }
}

/** Returns an older token of a session. Each request that presents it ends the session, and counts for the alarm `session-reuse`. */
export const olderToken = ({ refreshToken }: Pick<Tokens, 'refreshToken'>): string =>
  withSecret(refreshToken, 'A'.repeat(43))

/** Returns a token of an earlier sign-in of a session. A sign-in that presents it ends the session, without an alarm. */
export function tokenOfEarlierSignIn({ refreshToken }: Pick<Tokens, 'refreshToken'>): string {
  const { userId, selector, authTime, secret } = readRefreshToken(refreshToken)
  return refreshTokenOf(userId, selector, authTime - 1, secret)
}

/** Expects that the session of a refresh token has ended. */
export async function expectEnded({ send }: Visit, refreshToken: string): Promise<void> {
  expectProblem(await send('POST /refresh', { body: { refreshToken } }), 'invalid_refresh_token')
}

/** Skips a check, if earlier wrong passwords or requests for mails from this address have reached a limit. */
export function skipIfLimited(received: Received): void {
  if (received.status !== 429) return
  const isOfMails = membersOf(received).detail === PROBLEMS.too_many_mails[1]
  expectProblem(received, isOfMails ? 'too_many_mails' : 'too_many_attempts')
  const seconds = received.headers.get('retry-after')
  const what = isOfMails ? 'requests for mails' : 'failed attempts'
  throw new Skip(`too many ${what} from this address; retry after ${seconds} s`)
}
