import { randomUUID } from 'node:crypto'
import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { EmailConfirmation } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { addressIn } from '../../lib/mail/confirmation.ts'
import { notify } from '../../lib/mail/request.ts'
import { spend } from '../../lib/mail/store.ts'
import { findBoundUser, invalidLink, requireOwnProof, verifyProof } from '../../lib/mail/verify.ts'
import { factorsOf, needsFactor } from '../../lib/users/factors.ts'
import { changeNames, namesOf } from '../../lib/users/names.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'

/** POST /email/confirm: changes the caller's address to the confirmed one. Revokes all access tokens. */
export const handler = reservingHandler(['MAILER', 'REQUIRE_SECOND_FACTOR'], async (event, at) => {
  const { table, config, origin, now } = at
  const { userId, generation } = principalOf(event, now)
  const proof = readBody(event, EmailConfirmation)

  const { confirmation, mailId } = await verifyProof(table, ['address'], { ...proof, ...origin }, now)
  requireOwnProof(confirmation, userId)
  const user = await findBoundUser(table, confirmation)
  requireUnrevoked(generation, user)
  // Under the policy, a user without a factor gets no token. So the token and the request are older than the policy, and one
  // factor was enough for them. A mail to the new address would prove an enrolment.
  if (factorsOf(user).length === 0 && needsFactor(user.role, config.REQUIRE_SECOND_FACTOR)) {
    throw invalidLink('the user must have a factor now')
  }
  const address = addressIn(mailId)
  // A username that is the address changes with it.
  const username = user.username === user.email ? address.toLowerCase() : user.username
  const names = namesOf(username, address, true)
  const change = { names, changeId: randomUUID(), more: [spend(mailId, now)] }
  const outcome = await changeNames(table, user, change, byUser(at, userId))
  if (outcome === 'changed') throw invalidLink('spent, or the user changed')
  if (outcome === 'taken') {
    const fields = [{ pointer: '#', detail: 'This address already has an account.' }]
    throw new ServiceError('invalid_fields', 'the address is taken', { fields })
  }
  if (names.email !== user.email) {
    await notify(at, 'address-changed', user)
  }
  logEvent('info', { event: 'email.changed', userId: user.id })
  return noContent()
})
