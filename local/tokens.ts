import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { type AwsCall, awsClient, withTimeout } from '../lib/aws/client.ts'
import { type Table, transact } from '../lib/aws/dynamodb.ts'
import type { AwsSettings } from '../lib/aws/settings.ts'
import {
  CONFIRMATION_RANDOM_BYTES,
  type ConfirmationKind,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../lib/mail/confirmation.ts'
import { storeFactorReset } from '../lib/mail/factor-reset.ts'
import { claimMail } from '../lib/mail/store.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../lib/sessions/session.ts'
import { storedSession } from '../lib/sessions/store.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, startLoginToken, storeLoginToken } from '../lib/sign-in/login-token.ts'
import { secondOf } from '../lib/time.ts'
import { accessTokenInput, type TokenParties } from '../lib/tokens/access-token.ts'
import { kmsSigner } from '../lib/tokens/signer.ts'
import { AMR } from '../lib/users/factors.ts'
import { findUserByName } from '../lib/users/store.ts'
import type { User } from '../lib/users/user.ts'
import { localAct } from './aws.ts'

const PATIENCE_MS = 10_000
const HOUR_MS = 3_600_000

const PLACEHOLDER =
  /^\{\{(?:(expired|forged) )?([a-z]+) (token|refresh token|cookie token|session id|id|generation|registration token|reset token|address token|enrolment token|proved token|proof token|cancel token)\}\}$/

/** The inputs for the tokens of sample events. */
export interface TokenSource {
  aws: { settings: AwsSettings }
  /** Name of the table with the demo users. */
  table: string
  /** Name of the key that signs. */
  signingKey: string
  parties: TokenParties
}

/**
 * Replaces the placeholders for tokens in a sample event. Event files contain no tokens, because each run has new keys.
 *
 * - `{{user token}}` and `{{admin token}}`: an access token of that demo user, as from `POST /login`.
 * - `{{expired user token}}`: an access token that was issued an hour ago.
 * - `{{forged admin token}}`: an access token that names the service's key and is signed by another key.
 * - `{{user refresh token}}` and `{{user session id}}`: those of a new session.
 * - `{{user cookie token}}`: the refresh token of a new session in a cookie.
 * - `{{user id}}` and `{{user generation}}`: those of the user.
 * - `{{user reset token}}`, `{{user address token}}` and `{{user registration token}}`: the token of a mail's link, for a new
 *   password of the user, for a new address of the user, and for a new user.
 * - `{{user enrolment token}}` and `{{user proved token}}`: the token of an enrolment of the user, and of one that is proved.
 * - `{{user proof token}}` and `{{user cancel token}}`: the token of a mail's link, which proves an enrolment, and which cancels a
 *   reset of second factors. The reset is stored with it.
 *
 * @param event - Any JSON value.
 * @param now - Instant that the tokens are issued at.
 * @returns The event with all placeholders replaced.
 * @throws RangeError for an unknown placeholder.
 */
export async function fillTokens<T>(event: T, source: TokenSource, now: Date): Promise<T> {
  const aws = withTimeout(awsClient(source.aws.settings), PATIENCE_MS)
  const table = { aws, name: source.table }
  let text = JSON.stringify(event)
  for (const placeholder of new Set(text.match(/\{\{[^}]*\}\}/g) ?? [])) {
    const [, kind = '', username = '', what = ''] = PLACEHOLDER.exec(placeholder) ?? []
    const user = username === '' ? undefined : await findUserByName(table, username)
    if (user === undefined) throw new RangeError(`sample events have no ${placeholder}`)
    const value =
      what === 'token'
        ? accessToken(user, kind, aws, source, now)
        : what === 'id' || what === 'generation'
          ? String(user[what])
          : isConfirmation(what)
            ? confirmationToken(user, CONFIRMATIONS[what], table, now)
            : isEnrolment(what)
              ? enrolmentToken(user, what === 'proved token', table, now)
              : sessionOf(user, what, table, now)
    text = text.replaceAll(placeholder, await value)
  }
  return JSON.parse(text)
}

const CONFIRMATIONS = {
  'registration token': 'registration',
  'reset token': 'reset',
  'address token': 'address',
  'proof token': 'enrolment',
  'cancel token': 'cancel-reset',
} as const

const isConfirmation = (what: string): what is keyof typeof CONFIRMATIONS => what in CONFIRMATIONS

async function confirmationToken(
  { id: userId, generation, email }: User,
  kind: ConfirmationKind,
  table: Table,
  now: Date,
): Promise<string> {
  const isOfAddress = kind === 'registration' || kind === 'address'
  const address = isOfAddress ? `${kind}@example.org` : undefined
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  const bindings = kind === 'registration' ? {} : { userId, generation, email }
  const random = randomBytes(CONFIRMATION_RANDOM_BYTES)
  const { confirmation, token } = startConfirmation({ kind, mailId, bindings }, now, random)
  const claim = { claimId: 'sample', invocationId: 'sample' }
  await claimMail(table, mailId, { claim, confirmation }, now)
  if (kind === 'cancel-reset') await storeFactorReset(table, userId, mailId, localAct(now))
  return token
}

const isEnrolment = (what: string) => what === 'enrolment token' || what === 'proved token'

async function enrolmentToken(user: User, isProved: boolean, table: Table, now: Date): Promise<string> {
  const details = { purpose: 'enrolment', loginName: user.username, inCookie: false } as const
  const random = randomBytes(LOGIN_TOKEN_RANDOM_BYTES)
  const proof = isProved ? { provedAt: secondOf(now) } : {}
  const { stored, token } = startLoginToken(user, { ...details, ...proof }, now, random)
  await storeLoginToken(table, stored)
  return token
}

async function sessionOf(user: User, what: string, table: Table, now: Date): Promise<string> {
  const origin = { sourceIp: '127.0.0.1', userAgent: 'sample event' }
  const lifetimes = { absoluteTtlSeconds: 3600, idleTtlSeconds: 3600 }
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(
    user,
    { amr: AMR.password, inCookie: what === 'cookie token', origin, lifetimes },
    now,
    random,
  )
  await transact(table, [storedSession(session)])
  return what === 'session id' ? session.id : refreshToken
}

async function accessToken(
  user: User,
  kind: string,
  aws: AwsCall,
  { signingKey, parties }: TokenSource,
  now: Date,
): Promise<string> {
  const issuedAt = kind === 'expired' ? new Date(now.getTime() - HOUR_MS) : now
  const session = { id: 'sample-session', authTime: secondOf(issuedAt), amr: AMR.password }
  const details = { parties, ttlSeconds: 1800, tokenId: randomUUID() }
  const input = accessTokenInput(user, session, details, issuedAt)
  const token = await kmsSigner()(aws, signingKey, input, now)
  return kind === 'forged' ? signedWithOtherKey(token) : token
}

function signedWithOtherKey(token: string): string {
  const input = token.slice(0, token.lastIndexOf('.'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}
