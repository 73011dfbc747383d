import { randomBytes } from 'node:crypto'
import type { At } from '../context.ts'
import type { Confirmation } from '../mail/confirmation.ts'
import { spend } from '../mail/store.ts'
import { findBoundUser, invalidLink } from '../mail/verify.ts'
import { resetPassword } from '../passwords/change.ts'
import { hashPassword, SALT_BYTES } from '../passwords/hash.ts'
import type { User } from '../users/user.ts'
import { removalOfIdentities } from './link.ts'

/** A new password of a user who has read a mail. */
interface MailReset {
  user: User
  /** The confirmation that was proved, and the id of its mail. */
  confirmation: Confirmation
  mailId: string
  password: string
  /** Whether all identities at providers are removed: another person may have added one. */
  isRemoving: boolean
}

/**
 * Sets the password of a user who has read a mail; see `resetPassword` in `lib/passwords/change.ts`.
 *
 * A link moves no generation. So a removal of identities has the condition that nothing of the user has changed since the read.
 * Refused, it is tried once more, with the identities of then.
 *
 * @throws {@link ServiceError} `invalid_link`, if the mail is spent or the user changed; `unavailable`.
 */
export async function resetByMail(
  at: At,
  { user, confirmation, mailId, password, isRemoving }: MailReset,
): Promise<void> {
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const spending = spend(mailId, at.now)
  const store = async (read: User): Promise<boolean> => {
    if (!isRemoving) return resetPassword(at, read, { passwordHash, more: [spending] })
    const removal = await removalOfIdentities(at.table, read.id)
    const moreChanges = removal.length > 0 ? ['identities'] : []
    const more = [spending, ...removal]
    return resetPassword(at, read, { passwordHash, more, moreChanges, readChangeId: read.changeId })
  }
  if (await store(user)) return
  if (isRemoving && (await store(await findBoundUser(at.table, confirmation)))) return
  throw invalidLink('spent, or the user changed')
}
