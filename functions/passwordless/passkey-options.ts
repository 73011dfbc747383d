import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { NewUserPasskeyRequest } from '../../lib/http/schemas/account.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { addressIn } from '../../lib/mail/confirmation.ts'
import { verifyProof } from '../../lib/mail/verify.ts'
import { confirmedNames, NEW_USER_MAILS } from '../../lib/registration/new-account.ts'
import { beginPasskeyOfNewUser } from '../../lib/registration/new-passkey.ts'

/** POST /register/passkey: begins an account whose passkey is in place of a password. Nothing is spent. */
export const route: ReservingRoute<'RP_ID' | 'SERVICE_NAME'> = async (event, at) => {
  const { username: chosen, ...proof } = readBody(event, NewUserPasskeyRequest)
  const { mailId } = await verifyProof(at.table, NEW_USER_MAILS, { ...proof, ...at.origin }, at.now)
  const { username } = confirmedNames(addressIn(mailId), chosen)
  return json(200, await beginPasskeyOfNewUser(at, mailId, username))
}
