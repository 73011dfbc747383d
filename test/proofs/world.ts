import { randomBytes, randomUUID } from 'node:crypto'
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { identityIdOf } from '../../lib/federation/identity.ts'
import type { Change } from '../../lib/mail/change.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import type { Amr } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { addProvider, giveIdentity, inBrowser, startWaiting } from '../federation/identities.ts'
import type { Asking, Functions } from '../support/http/functions.ts'
import { ORIGIN, type TestService } from '../support/service.ts'
import { addPasskey, addTotp, bodyOf } from '../support/users/factors.ts'
import { codeIn } from '../support/users/mails.ts'
import { begin, NEW_PASSWORD, refresh, type Tokens, tokensOf } from '../support/users/sessions.ts'
import { storeSession } from '../support/users/users.ts'
import { type SoftPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

/** Page of another app that may use passkeys of the service. */
export const APP = 'http://app.localhost:3000'

/** Settings of a service whose own pages are at {@link ORIGIN}. */
export const SETTINGS = { PUBLIC_URL: ORIGIN, RP_ORIGINS: `${ORIGIN},${APP}` }

/** A user, and what the user has. */
export interface Owner {
  user: User
  passkey: SoftPasskey
  passkeyId: string
  identityId: string
}

/** Adds a user with an authenticator app, a passkey and an identity. */
export async function addOwner(service: TestService, hasPassword: boolean): Promise<Owner> {
  const { username } = await service.addUser()
  await addTotp(service.functions, (await begin(service, service.functions, username)).authToken)
  const token = await tokenOf(service, await service.user(username), { amr: 'pwd otp mfa' })
  const { passkey, id: passkeyId } = await addPasskey(service.functions, token)
  if (!hasPassword) await service.setHash(username, DECOY_HASH)
  const user = await service.user(username)
  const identity = await giveIdentity(service.table, user)
  return { user, passkey, passkeyId, identityId: identityIdOf(identity) }
}

/** How a session began. */
interface Begun {
  amr?: Amr
  agoSeconds?: number
}

/** Returns the access token of a new session. */
export const tokenOf = async (service: TestService, user: User, begun?: Begun): Promise<string> =>
  (await sessionOf(service, user, begun)).authToken

/** Returns the tokens of a new session. */
export async function sessionOf(
  { table, functions }: Pick<TestService, 'table' | 'functions'>,
  user: User,
  { amr = 'fed pop mfa', agoSeconds = 0 }: Begun = {},
): Promise<Tokens> {
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
  const at = new Date(Date.now() - agoSeconds * 1_000)
  const start = { amr, inCookie: false, origin, lifetimes }
  const { session, refreshToken } = startSession(user, start, at, randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  return tokensOf(await refresh(functions, refreshToken))
}

/** What proves a change in the body of a request. */
export type Proof = { currentPassword: string } | { changeToken: string } | Record<string, never>

/** What a route that changes an account is asked, in addition to the proof. */
interface ChangeRequest {
  change: Change | 'password'
  request: (service: TestService, owner: Owner) => Promise<Asking> | Asking
}

/** The requests that change an account, by route. */
export const CHANGES: Readonly<Record<string, ChangeRequest>> = {
  'PUT /email': { change: 'address', request: () => ({ body: { email: `${randomUUID()}@example.org` } }) },
  'PUT /me/locale': { change: 'locale', request: () => ({ body: { locale: 'en' } }) },
  'PUT /password': { change: 'password', request: () => ({ body: { newPassword: NEW_PASSWORD } }) },
  'DELETE /me': { change: 'deletion', request: () => ({}) },
  'POST /passkeys/options': { change: 'passkey', request: () => ({}) },
  'DELETE /passkeys/{id}': { change: 'removal', request: (_, { passkeyId }) => ({ id: passkeyId }) },
  'POST /factors/totp': { change: 'app', request: () => ({}) },
  'DELETE /factors/totp': { change: 'removal', request: () => ({}) },
  'POST /factors/recovery-codes': { change: 'recovery-codes', request: () => ({}) },
  'DELETE /identities/{id}': { change: 'identities', request: (_, { identityId }) => ({ id: identityId }) },
  'POST /identities': {
    change: 'identities',
    async request({ table }, { user }) {
      const { identityToken, key } = await startWaiting(table, await providerOf(table), { userId: user.id })
      return { body: { identityToken }, headers: inBrowser(key) }
    },
  },
}

const providers = new WeakMap<object, ReturnType<typeof addProvider>>()

/** Returns the provider of a table, which the first call adds. */
export function providerOf(table: TestService['table']): ReturnType<typeof addProvider> {
  const provider = providers.get(table) ?? addProvider(table)
  providers.set(table, provider)
  return provider
}

/** Asks for a change with a proof. */
export async function changeWith(
  service: TestService,
  owner: Owner,
  { route, token, proof }: { route: string; token: string; proof: Proof },
) {
  const { body, ...asking } = (await CHANGES[route]?.request(service, owner)) ?? {}
  return service.ask(route, { ...asking, token, body: { ...body, ...proof } })
}

/** Asks for the mail of a change. Returns its id and its code. */
export async function mailFor(
  service: TestService,
  { user }: Pick<Owner, 'user'>,
  token: string,
  change: string,
) {
  const asked = await service.ask('POST /proof/mail', { token, body: { change } })
  if (asked.status !== 202) return undefined
  return { mailId: String(asked.body.mailId), code: codeIn(service.mailTo(String(user.email))) }
}

/** Returns the response of a passkey to the options of a change. */
export async function assertionFor(
  { functions }: { functions: Pick<Functions, 'ask'> },
  passkey: SoftPasskey,
  { token, change, origin = ORIGIN }: { token: string; change: string; origin?: string },
) {
  const { status, text } = await functions.ask('POST /proof/passkey', { token, body: { change } })
  if (status !== 200) return undefined
  const options: PublicKeyCredentialRequestOptionsJSON = JSON.parse(text)
  return usePasskey(passkey, options, origin)
}

/** Proves a change by a mail, and returns the change token. */
export async function proveByMail(
  service: TestService,
  owner: Pick<Owner, 'user'>,
  token: string,
  change: string,
) {
  const body = { change, ...(await mailFor(service, owner, token, change)) }
  return bodyOf(await service.functions.ask('POST /proof/confirm', { token, body })).changeToken ?? ''
}

/** Proves a change by a passkey, and returns the change token. */
export async function proveByPasskey(
  service: TestService,
  { passkey }: Owner,
  token: string,
  change: string,
) {
  const response = await assertionFor(service, passkey, { token, change })
  const body = { change, response }
  return bodyOf(await service.functions.ask('POST /proof/confirm', { token, body })).changeToken ?? ''
}
