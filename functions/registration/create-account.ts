import { randomBytes } from 'node:crypto'
import { together } from '../../lib/aws/together.ts'
import type { Config } from '../../lib/config.ts'
import { beginEnrolment } from '../../lib/enrolment/enrolment.ts'
import { json } from '../../lib/http/responses.ts'
import { AnyRegistrationConfirmation } from '../../lib/http/schemas/account.ts'
import { readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { addressIn } from '../../lib/mail/confirmation.ts'
import { rejectBreached } from '../../lib/passwords/breached.ts'
import { DECOY_HASH, hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { confirmedNames, storeUser, verifyMail } from '../../lib/registration/new-account.ts'
import { verifyPasskeyOfNewUser } from '../../lib/registration/new-passkey.ts'
import type { SignInSetting } from '../../lib/settings.ts'
import { signInWithOneStep } from '../../lib/sign-in/password.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { AMR, needsFactor } from '../../lib/users/factors.ts'
import { newUser, USER_RANDOM_BYTES } from '../../lib/users/user.ts'

/** POST /register/confirm: creates the account of a confirmed address, with a password, a passkey or neither, and signs in. */
export const route: ReservingRoute<
  SignInSetting | 'BREACHED_PASSWORDS' | 'REQUIRE_SECOND_FACTOR' | 'RP_ID' | 'RP_ORIGINS'
> = async (event, arrival) => {
  const { table, config, origin } = arrival
  const request = readSignIn(event, AnyRegistrationConfirmation, arrival)
  const { password, response } = request
  const { mailId, role } = await verifyMail(table, request, origin.sourceIp, arrival.now)
  const names = confirmedNames(addressIn(mailId), request.username)
  const passwordHash = password === undefined ? DECOY_HASH : await hashOf(password, names, config)
  const at = { ...arrival, now: new Date() }
  const passkey = response && (await verifyPasskeyOfNewUser(at, mailId, response))
  const values = { ...names, role, passwordHash, ...passkey?.profile }
  const user = newUser(values, at.now, randomBytes(USER_RANDOM_BYTES))
  await storeUser(at, user, mailId, passkey?.writes)
  logEvent('info', { event: 'account.created', userId: user.id })

  // The mail has proved the address. So the source is the user's own, and no second step follows.
  const marking = markKnownSources(at, user, undefined)
  if (!passkey && needsFactor(user, config.REQUIRE_SECOND_FACTOR)) {
    const [next] = await together([beginEnrolment(table, user, request, at.now), marking])
    return json(200, next)
  }
  const amr = passkey ? AMR.passkey : AMR.password
  const { token, ...session } = await signInWithOneStep(at, { ...request, user, amr }, marking)
  return sessionResponse({ ...session, token: { ...token, recoveryCodes: passkey?.recoveryCodes } })
}

/** Returns the hash of a password that is good enough for the user. */
async function hashOf(
  password: string,
  names: ReturnType<typeof confirmedNames>,
  config: Config<'BREACHED_PASSWORDS'>,
): Promise<string> {
  validateNewPassword(password, names, '#/password')
  await rejectBreached(password, '#/password', config)
  return hashPassword(password, randomBytes(SALT_BYTES))
}
