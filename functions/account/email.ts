import { randomBytes } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { accepted } from '../../lib/http/responses.ts'
import { EmailChangeRequest } from '../../lib/http/schemas/account.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { sendEvent } from '../../lib/mail/event.ts'
import { countMailRequest, notify } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { returnProof, spendProof, verifyOwner } from '../../lib/proofs/verify.ts'

type Setting = OwnerSetting | 'LIMIT_MAIL_SOURCE' | 'MAILER' | 'MAIL_SIGN_IN'

/** PUT /email: sends a mail to confirm the caller's new address, and one to the current address. */
export const route: ReservingRoute<Setting> = async (event, at) => {
  const { table, config, origin, now } = at
  const principal = principalOf(event, now)
  const { userId, generation } = principal
  const { proof, body } = readProvedBody(event, EmailChangeRequest, at.config)
  const address = body.email

  const owner = await verifyOwner(at, principal, proof, 'address')
  const { user, attempt } = owner
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  const mail = { kind: 'address', mailId, userId, generation, at: now.toISOString(), origin } as const
  await together([returnProof(table, attempt), countMailRequest(table, config, mail, now)])
  // After the count: a refused request costs no proof. Before the mail: one proof is one address.
  await spendProof(table, owner)
  await sendEvent(table.aws, config.MAILER, mail)
  if (address.toLowerCase() !== user.email) {
    await notify(at, 'address-requested', user)
  }
  return accepted(mailId)
}
