import { FIRST_ROLE } from '../../../lib/application/roles.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { storeInvitation } from '../../../lib/mail/store.ts'
import { guestOf, ofGuest, renewTokens } from '../visit/guest.ts'
import { confirm, expectMail, offers, skipWithoutMail } from '../visit/mails.ts'
import { expectResponse } from '../visit/responses.ts'
import { addressOf, createSmokeUser, newPassword, newSmokeUser } from '../visit/user.ts'
import {
  bodyOf,
  credentials,
  expectEnded,
  found,
  type Guest,
  skipIfLimited,
  tokensIn,
  type Visit,
} from '../visit/visit.ts'
import { mailIdOf } from './account.ts'
import { ownPage, signInBrowser } from './codes.ts'
import { ENROLMENT_CHECKS } from './enrolment.ts'
import { codesIn } from './factors.ts'
import { RESET_CHECKS } from './resets.ts'

/** The checks of a second user, who is invited, changes everything and loses the second factors, in their order. */
export const GUEST_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'second account': async (visit) => {
    const { table } = visit
    const isInvited = offers(visit, 'confirmRegistration')
    const user = await newSmokeUser(table.act().now)
    const { username, password } = user
    visit.guest = { username, password, isCertain: false, isStored: false }
    if (isInvited) await acceptInvitation(visit, visit.guest)
    else await createSmokeUser(table, user)
    Object.assign(visit.guest, { isCertain: true, isStored: true })
  },

  'new password by mail': async (visit) => {
    skipWithoutMail(visit)
    const { guest, user } = await guestOf(visit)
    const { mailId, code } = await confirm(visit, 'reset', { user })
    const password = newPassword()
    const received = await visit.send('POST /password/reset', { body: { mailId, code, password } })
    skipIfLimited(received)
    expectResponse(received, noContent())
    guest.password = password
    const signedIn = await visit.send('POST /login', { body: credentials(guest) })
    skipIfLimited(signedIn)
    // The parameter `requireSecondFactor` may demand an enrolment.
    if (bodyOf(signedIn).next === undefined) guest.tokens = tokensIn(signedIn)
  },

  ...ENROLMENT_CHECKS,

  'new password': async (visit) => {
    const { guest } = await guestOf(visit)
    const token = ofGuest(visit, 'tokens', 'enrolment with an app').authToken
    const password = newPassword()
    const body = { currentPassword: guest.password, newPassword: password }
    const received = await visit.send('PUT /password', { token, body })
    skipIfLimited(received)
    expectResponse(received, noContent())
    guest.password = password
    await renewTokens(visit, guest)
  },

  'new address': async (visit) => {
    skipWithoutMail(visit)
    const { send } = visit
    const { guest, user } = await guestOf(visit)
    const token = ofGuest(visit, 'tokens', 'enrolment with an app').authToken
    const email = addressOf(`${user.username}-new`)
    const asked = await send('PUT /email', { token, body: { email, currentPassword: guest.password } })
    skipIfLimited(asked)
    await expectMail(visit, mailIdOf(asked))
    const { mailId, code } = await confirm(visit, 'address', { user, address: email })
    expectResponse(await send('POST /email/confirm', { token, body: { mailId, code } }), noContent())
    await renewTokens(visit, guest)
  },

  'new recovery codes': async (visit) => {
    const { guest } = await guestOf(visit)
    const token = ofGuest(visit, 'tokens', 'enrolment with an app').authToken
    const body = { currentPassword: guest.password }
    const received = await visit.send('POST /factors/recovery-codes', { token, body })
    skipIfLimited(received)
    guest.recoveryCodes = codesIn(received)
  },

  ...RESET_CHECKS,

  'end of all sessions': async (visit) => {
    const { refreshToken } = found(visit.guest?.tokens, 'enrolment with an app')
    const body = { refreshToken, everywhere: true }
    expectResponse(await visit.send('POST /logout', { body }), noContent())
    await expectEnded(visit, refreshToken)
  },
}

/** Creates an account by an invitation, in a browser with the session of another user, which ends. */
async function acceptInvitation(visit: Visit, guest: Guest): Promise<void> {
  const { table, send } = visit
  const { username, password } = guest
  const { mailId, code } = await confirm(visit, 'invitation', { address: addressOf(username) })
  await storeInvitation(table, mailId, FIRST_ROLE, table.act())
  const inBrowser = visit.hasOAuth && visit.passkey !== undefined
  const received = await send('POST /register/confirm', {
    body: { mailId, code, username, password, ...(inBrowser && { session: 'cookie' }) },
    ...(inBrowser && { headers: { ...ownPage(visit), Cookie: (await signInBrowser(visit)).cookie } }),
  })
  guest.isCertain = true
  bodyOf(received)
}
