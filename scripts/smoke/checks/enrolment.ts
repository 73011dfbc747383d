import { noContent } from '../../../lib/http/responses.ts'
import { createPasskey } from '../visit/authenticator.ts'
import { beginEnrolment, forgetPlaces, guestOf } from '../visit/guest.ts'
import { confirm, offers } from '../visit/mails.ts'
import { expectResponse } from '../visit/responses.ts'
import { Skip, skipIfLimited, tokenOfEarlierSignIn, tokensIn, type Visit } from '../visit/visit.ts'
import { mailIdOf } from './account.ts'
import { codesIn, enrolProvedApp, optionsOf, originOf, proveByOperator } from './factors.ts'

/** The enrolments of the second user, in their order. Each completes a sign-in. */
export const ENROLMENT_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'enrolment with an app': async (visit) => {
    const { send } = visit
    const { guest, user } = await guestOf(visit)
    await forgetPlaces(visit, user)
    const enrolmentToken = await beginEnrolment(
      visit,
      user,
      guest.tokens && tokenOfEarlierSignIn(guest.tokens),
    )
    if (offers(visit, 'sendEnrolmentMail')) {
      const asked = await send('POST /enrolment/mail', { body: { enrolmentToken } })
      skipIfLimited(asked)
      visit.mailIds.push(mailIdOf(asked))
      const { mailId, code } = await confirm(visit, 'enrolment', { user })
      const proof = { enrolmentToken, mailId, code }
      expectResponse(await send('POST /enrolment/proof', { body: proof }), noContent())
    } else {
      await proveByOperator(visit, user, enrolmentToken)
    }
    Object.assign(guest, await enrolProvedApp(visit, enrolmentToken))
  },
}

/** Enrols a passkey of the second user, in a new place and in a browser with an older session. */
export async function enrolPasskey(visit: Visit): Promise<void> {
  const { send } = visit
  const { guest, user } = await guestOf(visit)
  if (guest.app !== undefined) throw new Skip('needs removal of the app')
  await forgetPlaces(visit, user)
  const enrolmentToken = await beginEnrolment(visit, user, guest.tokens && tokenOfEarlierSignIn(guest.tokens))
  await proveByOperator(visit, user, enrolmentToken)
  const options = await send('POST /enrolment/passkey/options', { body: { enrolmentToken } })
  const { passkey, response } = createPasskey(optionsOf(options), originOf(visit))
  const received = await send('POST /enrolment/passkey', { body: { enrolmentToken, response } })
  codesIn(received)
  Object.assign(guest, { tokens: tokensIn(received), passkey })
}
