import { together } from '../../lib/aws/together.ts'
import { hasFederation } from '../../lib/config.ts'
import { resetByMail } from '../../lib/federation/reset.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasswordResetRequest } from '../../lib/http/schemas/account.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { notify } from '../../lib/mail/request.ts'
import { findBoundUser, verifyProof } from '../../lib/mail/verify.ts'
import { rejectBreached } from '../../lib/passwords/breached.ts'
import { validateNewPassword } from '../../lib/passwords/rules.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { factorsOf } from '../../lib/users/factors.ts'

const SETTINGS = ['MAILER', 'SESSION_TTL_SECONDS', 'BREACHED_PASSWORDS'] as const

/** POST /password/reset: sets the password of a user who has read a mail. Ends all sessions and revokes all tokens. */
export const handler = reservingHandler(SETTINGS, async (event, at) => {
  const { table, config, origin, now } = at
  const { password, keepIdentities = false, ...proof } = readBody(event, PasswordResetRequest)
  const isRemoving = hasFederation() && !keepIdentities

  const { confirmation, mailId } = await verifyProof(table, ['reset'], { ...proof, ...origin }, now)
  const user = await findBoundUser(table, confirmation)
  validateNewPassword(password, user, '#/password')
  await rejectBreached(password, '#/password', config)

  await resetByMail(at, { user, confirmation, mailId, password, isRemoving })
  await together([
    // The owner can now sign in from this source, even if strangers have used up the limits. With second
    // factors, only the next sign-in proves the user.
    ...(factorsOf(user).length === 0 ? [markKnownSources(at, user, undefined)] : []),
    notify(at, 'password-changed', user),
  ])
  logEvent('info', { event: 'password.reset', userId: user.id })
  return noContent()
})
