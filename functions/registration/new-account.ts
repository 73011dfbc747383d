import { randomBytes } from 'node:crypto'
import { FIRST_ROLE, type Role } from '../../lib/application/roles.ts'
import { together } from '../../lib/aws/together.ts'
import type { At } from '../../lib/context.ts'
import { beginEnrolment } from '../../lib/enrolment/enrolment.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { json } from '../../lib/http/responses.ts'
import { RegistrationConfirmation } from '../../lib/http/schemas/account.ts'
import { NEW_USERNAME_RULE } from '../../lib/http/schemas/fields.ts'
import { readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { addressIn, type Confirmation } from '../../lib/mail/confirmation.ts'
import { findInvitedRole, mailKey, spend } from '../../lib/mail/store.ts'
import { invalidLink, type ProofFields, verifyProof } from '../../lib/mail/verify.ts'
import { rejectBreached } from '../../lib/passwords/breached.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { parseRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { findReplaced } from '../../lib/sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds } from '../../lib/sessions/session.ts'
import { SIGN_INS, type SignInSetting } from '../../lib/settings.ts'
import { completeSignIn } from '../../lib/sign-in/complete.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { usernameCounter } from '../../lib/throttling/mail-counters.ts'
import { sourceOf } from '../../lib/throttling/source.ts'
import { judgeAttempt, type ReservingTable, reserveAttempt } from '../../lib/throttling/store.ts'
import { BY_PASSWORD, needsFactor } from '../../lib/users/factors.ts'
import { createUser, namesOf } from '../../lib/users/names.ts'
import { isNameTaken } from '../../lib/users/store.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../../lib/users/user.ts'

const SETTINGS = [...SIGN_INS, 'BREACHED_PASSWORDS', 'REQUIRE_SECOND_FACTOR'] as const

/** POST /register/confirm: creates the account of a confirmed address, and signs in. */
export const handler = reservingHandler(SETTINGS, async (event, arrival) => {
  const { table, config, origin } = arrival
  const request = readSignIn(event, RegistrationConfirmation, arrival)
  const { password } = request

  const { mailId, role } = await verifyMail(table, request, origin.sourceIp, arrival.now)
  const names = confirmedNames(addressIn(mailId), request.username)
  validateNewPassword(password, names, '#/password')
  await rejectBreached(password, '#/password', config)
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const now = new Date()
  const user = newUser({ ...names, role, passwordHash }, now, randomBytes(USER_RANDOM_BYTES))
  await storeUser({ ...arrival, now }, user, mailId)
  logEvent('info', { event: 'account.created', userId: user.id })

  // The mail has proved already that the account is the user's own.
  const lifetimes = lifetimesFrom(config)
  const source = sourceOf(origin.sourceIp)
  const known = { source, mark: undefined, sessionTtlSeconds: lifetimes.absoluteTtlSeconds }
  const marking = markKnownSources(table, user, known, now)
  if (needsFactor(role, config.REQUIRE_SECOND_FACTOR)) {
    const [next] = await together([beginEnrolment(table, user, request, now), marking])
    return json(200, next)
  }
  return signIn({ ...arrival, now }, user, request, marking)
})

/** Signs the new user in. The mail has proved the address, so no second step follows. */
async function signIn(
  at: At<SignInSetting>,
  user: User,
  { inCookie, refreshToken }: { inCookie: boolean; refreshToken: string },
  marking: Promise<unknown>,
) {
  const { table, config, origin, now } = at
  // No session of a new user can be there.
  const presented = parseRefreshToken(refreshToken)
  const signing = { user, graceSeconds: config.REFRESH_GRACE_SECONDS, act: byUser(at, user.id) }
  const find = async () => {
    const [replaced] = await together([findReplaced(table, presented, signing), marking])
    return replaced
  }
  const details = { user, amr: BY_PASSWORD, inCookie, origin, lifetimes: lifetimesFrom(config) }
  const signedIn = await completeSignIn(at, details, find)
  const refreshExpiresIn = refreshTtlSeconds(signedIn.session, now)
  return sessionResponse({ ...signedIn, refreshExpiresIn, inCookie })
}

/** Verifies the link or the code of a mail, and finds the role of the new user. */
async function verifyMail(table: ReservingTable, proof: ProofFields, sourceIp: string, now: Date) {
  const kinds = ['registration', 'invitation'] as const
  const { confirmation, mailId } = await verifyProof(table, kinds, { ...proof, sourceIp }, now)
  return { mailId, role: await roleOf(table, confirmation, mailId) }
}

/**
 * Returns the role of a new user: that of the invitation, or the first one.
 *
 * @throws {@link ServiceError} `invalid_link`, if no operator stored the invitation.
 */
async function roleOf(table: ReservingTable, { kind }: Confirmation, mailId: string): Promise<Role> {
  if (kind !== 'invitation') return FIRST_ROLE
  const role = await findInvitedRole(table, mailId)
  if (role === undefined) throw invalidLink('no operator stored the invitation')
  return role
}

/**
 * Returns the names of a new user with a confirmed address, as its owner writes it.
 *
 * @throws {@link ServiceError} `invalid_fields`, if the username is another address. Its owner could not use it then.
 */
function confirmedNames(address: string, chosen: string | undefined) {
  const email = address.toLowerCase()
  const username = chosen ?? email
  if (username.includes('@') && username !== email) {
    throw refused('#/username', NEW_USERNAME_RULE)
  }
  return namesOf(username, address, true)
}

/**
 * Stores the user, and spends the confirmation, in one transaction. Ten taken usernames void the confirmation. Otherwise
 * one address could try out which usernames exist. Tries are counted before the usernames are looked up.
 */
async function storeUser(at: At<never, ReservingTable>, user: User, mailId: string): Promise<void> {
  const { table, now } = at
  const counter = usernameCounter(mailKey(mailId), now)
  const { refusedForSeconds } = await reserveAttempt(table, [counter], user.changeId, now)
  if (refusedForSeconds > 0) throw invalidLink('too many usernames')
  const outcome = await createUser(table, user, byUser(at, user.id), spend(mailId, now))
  if (outcome === 'done') return
  // The username is taken, or the address is. Which one it is does not matter to the count.
  judgeAttempt(table, user.changeId, () => true)
  if (outcome === 'changed') throw invalidLink('spent')
  if (await isNameTaken(table, String(user.email))) {
    throw refused('#', 'This address already has an account. Sign in, or ask for a new password.')
  }
  throw refused('#/username', 'This username is taken.')
}

const refused = (pointer: string, detail: string) =>
  new ServiceError('invalid_fields', 'a name is taken or not allowed', { fields: [{ pointer, detail }] })
