import { randomBytes } from 'node:crypto'
import { hasRights } from '../../../lib/application/permissions.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { type ChangingRoute, readChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { Invitation } from '../../../lib/http/schemas/admin.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { requireMailer } from '../../../lib/mail/request.ts'
import { invite } from '../../../lib/operators/invitation.ts'
import { INVITED_RIGHTS } from '../../../lib/operators/refusals.ts'

/** PUT /admin-api/invitations: sends an invitation to register with a role that has no permissions. */
export const route: ChangingRoute<'REGISTRATION'> = async (event, at) => {
  const mailer = requireMailer(at.config)
  if (at.config.REGISTRATION === 'off') throw new ServiceError('not_found', 'registration is off')
  const change = { may: 'invite', work: 'danger', body: Invitation } as const
  const { operator, body } = await readChange(event, at, change)
  const { email: address, role } = body
  if (hasRights(role)) {
    throw new ServiceError('forbidden', 'the role has permissions', { detail: INVITED_RIGHTS })
  }
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  if (!(await invite(at.table, { address, role, mailId, mailer }, operator.act))) {
    const fields = [{ pointer: '#/email', detail: 'This address already has an account.', rule: 'taken' }]
    throw new ServiceError('invalid_fields', 'the address is taken', { fields })
  }
  return { ...noContent(), statusCode: 202 }
}
