import { randomBytes } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { together } from '../../lib/aws/together.ts'
import { readBody } from '../../lib/http/body.ts'
import { accepted } from '../../lib/http/responses.ts'
import { EmailChangeRequest } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { notify, requestMail } from '../../lib/mail/request.ts'
import { verifyCurrentPassword } from '../../lib/passwords/current.ts'
import { PASSWORD_LIMITS } from '../../lib/settings.ts'
import { returnAttempt } from '../../lib/throttling/attempt.ts'

const SETTINGS = [...PASSWORD_LIMITS, 'LIMIT_MAIL_SOURCE', 'MAILER', 'REQUIRE_SECOND_FACTOR'] as const

/** PUT /email: sends a mail to confirm the caller's new address, and one to the current address. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, config, origin, now } = at
  const principal = principalOf(event, now)
  const { userId, generation } = principal
  const { email: address, currentPassword } = readBody(event, EmailChangeRequest)

  const { user, attempt } = await verifyCurrentPassword(at, principal, currentPassword)
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  const mail = { kind: 'address', mailId, userId, generation, at: now.toISOString(), origin } as const
  await together([returnAttempt(table, attempt), requestMail(table, config, mail, now)])
  if (address.toLowerCase() !== user.email) {
    await notify(at, 'address-requested', user)
  }
  return accepted(mailId)
})
