import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import { LocaleChangeRequest } from '../../lib/http/schemas/locale.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { returnProof, verifyOwner } from '../../lib/proofs/verify.ts'
import { setLocale } from '../../lib/users/locale-change.ts'

/**
 * PUT /me/locale: changes the language of mails to the caller. It needs a proof, as each change of an account: a thief would choose a
 * language whose notices the user cannot read. So the notice of this change is in the language before it.
 */
export const route: ReservingRoute<OwnerSetting | 'MAILER' | 'MAIL_SIGN_IN'> = async (event, at) => {
  const { table, config, now } = at
  const principal = principalOf(event, now)
  const { proof, body } = readProvedBody(event, LocaleChangeRequest, config)
  const { user, attempt, spends } = await verifyOwner(at, principal, proof, 'locale')
  await returnProof(table, attempt)
  if (body.locale === user.locale) return noContent()
  const change = { locale: body.locale, changeId: randomUUID(), more: spends }
  if (!(await setLocale(table, user, change, byUser(at, user.id)))) {
    throw new ServiceError('conflict', 'the user changed')
  }
  await notify(at, 'locale-changed', user)
  logEvent('info', { event: 'locale.changed', userId: user.id })
  return noContent()
}
