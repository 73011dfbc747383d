import { randomBytes } from 'node:crypto'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { announcement, factorResetKey, storeFactorReset } from '../../../lib/mail/factor-reset.ts'
import { hand } from '../../cli/mailer.ts'
import { forgetPlaces, guestOf, ofGuest, renewTokens } from '../visit/guest.ts'
import { confirm, expectAttribute, skipWithoutMail } from '../visit/mails.ts'
import { Difference, expectResponse } from '../visit/responses.ts'
import {
  bodyOf,
  credentials,
  expectEnded,
  Skip,
  skipIfLimited,
  textOf,
  tokenOfEarlierSignIn,
  tokensIn,
  type Visit,
} from '../visit/visit.ts'
import { enrolPasskey } from './enrolment.ts'
import { signInByPasskey } from './factors.ts'

const DAY_SECONDS = 86_400

/** The checks in which the second user loses the second factors, in their order. */
export const RESET_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'sign-in with a recovery code in a new place': async (visit) => {
    const { send } = visit
    const { guest, user } = await guestOf(visit)
    const [code] = ofGuest(visit, 'recoveryCodes', 'new recovery codes')
    const before = ofGuest(visit, 'tokens', 'enrolment with an app')
    await forgetPlaces(visit, user)
    const begun = await send('POST /login', {
      body: { ...credentials(guest), replaces: tokenOfEarlierSignIn(before) },
    })
    skipIfLimited(begun)
    const body = { loginToken: textOf(begun, 'loginToken'), code }
    guest.tokens = tokensIn(await send('POST /login/recovery-code', { body }))
    await expectEnded(visit, before.refreshToken)
  },

  'removal of the app': async (visit) => {
    const { guest } = await guestOf(visit)
    const token = ofGuest(visit, 'tokens', 'enrolment with an app').authToken
    const received = await visit.send('DELETE /factors/totp', {
      token,
      body: { currentPassword: guest.password },
    })
    skipIfLimited(received)
    if (received.status === 409) throw new Skip('requireSecondFactor demands a factor of each user')
    expectResponse(received, noContent())
    delete guest.app
    await renewTokens(visit, guest)
  },

  'enrolment with a passkey': enrolPasskey,

  'sign-in with the passkey in a new place': async (visit) => {
    const { guest, user } = await guestOf(visit)
    const passkey = ofGuest(visit, 'passkey', 'enrolment with a passkey')
    const before = ofGuest(visit, 'tokens', 'enrolment with a passkey')
    await forgetPlaces(visit, user)
    const received = await signInByPasskey(visit, passkey, { replaces: tokenOfEarlierSignIn(before) })
    guest.tokens = tokensIn(received)
    await expectEnded(visit, before.refreshToken)
  },

  'cancelled reset of the factors': async (visit) => {
    skipWithoutMail(visit)
    const { table, send } = visit
    const { user } = await guestOf(visit)
    ofGuest(visit, 'passkey', 'enrolment with a passkey')
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
    visit.mailIds.push(mailId)
    await storeFactorReset(table, user.id, mailId, table.act())
    const at = table.act().now.toISOString()
    await hand(table, { kind: 'factor-reset', mailId, userId: user.id, at })
    await expectAttribute(visit, factorResetKey(user.id), 'announcedAt')
    const { token } = await confirm(visit, 'cancel-reset', { user })
    expectResponse(await send('POST /factors/cancel-reset', { body: { token } }), noContent())
  },

  'elapsed reset of the factors': async (visit) => {
    const { table, send } = visit
    const { guest, user } = await guestOf(visit)
    ofGuest(visit, 'passkey', 'enrolment with a passkey')
    await storeFactorReset(table, user.id, 'smoke', table.act())
    const twoDaysAgo = new Date(table.act().now.getTime() - 2 * DAY_SECONDS * 1_000)
    await transact(table, [announcement(user.id, 'smoke', DAY_SECONDS, twoDaysAgo)])
    const received = await send('POST /login', { body: credentials(guest) })
    skipIfLimited(received)
    guest.tokens = tokensIn(received)
    const { factors } = bodyOf(await send('GET /me', { token: guest.tokens.authToken }))
    if (String(factors) !== '') throw new Difference('expected no factors after the reset')
  },
}
