import type { JSONWebKeySet } from 'jose'
import { json } from '../../lib/http/responses.ts'
import type { OperatorTable } from '../cli/operator.ts'
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

/** What the checks have, and what earlier ones found for later ones. */
export interface Visit {
  send: Send
  table: OperatorTable
  user: SmokeUser
  /** Realm of the gateway's challenges. */
  realm: string
  /** Origin of pages that use passkeys, if the stack names it. */
  rpOrigin: string | undefined
  /** Log of the function `login`. */
  log: Log | undefined
  /** Longest wait for the log. */
  logMs: number
  begun: Date
  interruption: AbortSignal
  /** Names of the operations in the API description. */
  operations?: readonly string[] | undefined
  keys?: JSONWebKeySet
  issuer?: string
  /** Whether the metadata name what apps need to sign users in. */
  hasOAuth?: boolean
  /** Of the latest sign-in by password, with the app if there is one. */
  tokens?: Tokens
  app?: App
  /** Whether {@link tokens} are of a sign-in with the app. */
  hasUsedApp?: boolean
  passkey?: SmokePasskey
  passkeyTokens?: Tokens
  client?: SmokeClient
  /** A code for the client, with the secret of its challenge. */
  code?: { code: string; verifier: string; nonce: string }
  /** Of the client. */
  clientTokens?: { access: string; refresh: string }
}

/** The reason why a check cannot run. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

export const credentials = ({ username, password }: SmokeUser) => ({ username, password })

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

/** Skips a check, if earlier wrong passwords from this address have reached a limit. */
export function skipIfLimited(received: Received): void {
  if (received.status !== 429) return
  expectProblem(received, 'too_many_attempts')
  const seconds = received.headers.get('retry-after')
  throw new Skip(`too many failed attempts from this address; retry after ${seconds} s`)
}
