import { principalOf } from '../../lib/authorization/principal.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { EmailConfirmation } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { findBoundUser, requireOwnProof, verifyProof } from '../../lib/mail/verify.ts'
import { confirmAddress } from '../../lib/registration/address.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'

/** POST /email/confirm: changes the caller's address to the confirmed one. Revokes all access tokens, and without a password all other sessions. */
export const handler = reservingHandler(
  ['MAILER', 'MAIL_SIGN_IN', 'REQUIRE_SECOND_FACTOR'],
  async (event, at) => {
    const { table, origin, now } = at
    const principal = principalOf(event, now)
    const { userId, generation } = principal
    const proof = readBody(event, EmailConfirmation)

    const { confirmation, mailId } = await verifyProof(table, ['address'], { ...proof, ...origin }, now)
    requireOwnProof(confirmation, userId)
    const user = await findBoundUser(table, confirmation)
    requireUnrevoked(generation, user)
    const email = await confirmAddress(at, user, principal, mailId)
    if (email !== user.email) await notify(at, 'address-changed', user)
    logEvent('info', { event: 'email.changed', userId: user.id })
    return noContent()
  },
)
