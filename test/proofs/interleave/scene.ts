import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { newRecoveryCodes } from '../../../lib/factors/recovery-codes/store.ts'
import { type Claimed, identityIdOf } from '../../../lib/federation/identity.ts'
import { newKey } from '../../../lib/federation/try.ts'
import { BOUND_MAIL_ID_BYTES, newBoundMailId } from '../../../lib/mail/browser.ts'
import { CHANGES, type Change, newChangeMailId } from '../../../lib/mail/change.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { CHANGE_TOKEN_RANDOM_BYTES, startChangeToken } from '../../../lib/proofs/change-token.ts'
import type { Acr, Amr } from '../../../lib/users/factors.ts'
import type { User } from '../../../lib/users/user.ts'
import { giveIdentity, startWaiting, type Waiting } from '../../federation/identities.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { boundTo, resetProof, storeMail } from '../../support/users/mails.ts'
import { addOwner, assertionFor, providerOf, sessionOf } from '../world.ts'

type Mail = Awaited<ReturnType<typeof storeMail>>

/** A user without a password, and all proofs that were asked for before the schedule begins. */
export interface Person {
  user: User
  /** What API Gateway keeps of the authorizer's result, in the session that asked for the proofs and in another one. */
  caller: Record<string, string>
  elsewhere: Record<string, string>
  refreshToken: string
  /** Of the browser that asked for the mail of a sign-in. */
  browserKey: string
  signIn: Mail
  reset: { mailId: string; code: string }
  /** Confirms a new address. */
  moving: Mail
  /** The code of a mail, for each change. */
  codes: Record<Change, Mail>
  /** A token, for each change. */
  tokens: Record<Change, string>
  /** An identity of the user, and one that waits for the user's decision. */
  linked: Claimed
  waiting: Waiting
}

/** Users of one schedule, and an address that no user has. */
export interface ProofScene extends Scene {
  functions: Functions
  /** Has no second factor. */
  ada: Person
  /** Has an authenticator app and a passkey, which has signed for a removal, and these recovery codes. */
  pia: Person
  passkeyId: string
  assertion: object | undefined
  recoveryCodes: readonly string[]
  /** Two mails of a registration, to the address that Ada moves to. */
  registrations: readonly [Mail, Mail]
}

const NEW_ADDRESS = 'new@example.org'

/** Adds the users. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
): Promise<(options: SceneOptions) => Promise<ProofScene>> {
  const { table, functions } = service
  const ada = await addPerson(service, await service.addUser({ passwordHash: DECOY_HASH }), NEW_ADDRESS)
  const { user, passkey, passkeyId } = await addOwner(service, false)
  const pia = await addPerson(service, user, 'pia@example.org')
  const { codes, write } = newRecoveryCodes(user.id, new Date())
  await transact(table, [write])
  const token = pia.authToken
  const assertion = await assertionFor(service, passkey, { token, change: 'removal' })
  const register = () =>
    storeMail(table, {
      kind: 'registration',
      mailId: newMailId(randomBytes(MAIL_ID_BYTES), NEW_ADDRESS),
      bindings: {},
    })
  const registrations = [await register(), await register()] as const
  const restore = await keepState(table)
  const now = Date.now()
  const known = { functions, ada, pia, passkeyId, assertion, recoveryCodes: codes, registrations }
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, ...known, ...options }
  }
}

/** Gives a user sessions, and asks for every proof. */
async function addPerson(service: TestService, user: User, address: string) {
  const { table, functions } = service
  const begin = async (amr: Amr) => {
    const tokens = await sessionOf(service, user, { amr })
    return { ...tokens, ...(await functions.authorize(tokens.authToken)) }
  }
  const amr = user.factors ? 'fed pop mfa' : 'mail'
  const { context: caller, authToken, refreshToken } = await begin(amr)
  const { context: elsewhere } = await begin(amr)
  const acr = caller.acr as Acr
  const browserKey = newKey()
  const bindings = boundTo(user)
  const random = randomBytes(MAIL_ID_BYTES)
  const signInId = newBoundMailId(randomBytes(BOUND_MAIL_ID_BYTES), browserKey, String(user.email))
  const asked = (change: Change) => ({ change, sessionId: String(caller.sessionId), acr })
  const ofEach = async <T>(of: (change: Change) => Promise<T>) =>
    Object.fromEntries(
      await Promise.all(CHANGES.map(async (change) => [change, await of(change)])),
    ) as Record<Change, T>
  return {
    user,
    caller,
    elsewhere,
    authToken,
    refreshToken,
    browserKey,
    signIn: await storeMail(table, { kind: 'sign-in', mailId: signInId, bindings }),
    reset: await resetProof(table, user),
    moving: await storeMail(table, { kind: 'address', mailId: newMailId(random, address), bindings }),
    codes: await ofEach((change) => {
      const mailId = newChangeMailId(randomBytes(MAIL_ID_BYTES), asked(change))
      return storeMail(table, { kind: 'change', mailId, bindings })
    }),
    tokens: await ofEach(async (change) => {
      const bytes = randomBytes(CHANGE_TOKEN_RANDOM_BYTES)
      const { token, write } = startChangeToken(user, asked(change), new Date(), bytes)
      await transact(table, [write])
      return token
    }),
    linked: await giveIdentity(table, user),
    waiting: await startWaiting(table, await providerOf(table), { userId: user.id }),
  }
}

export const idOf = (claimed: Claimed): string => identityIdOf(claimed)
