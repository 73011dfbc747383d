import type { Table, TransactWrite } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { changeUser } from './store.ts'
import type { User, UserState } from './user.ts'

/** A change of the language of a user. */
interface LocaleChange {
  /** A language of the service. */
  locale: string
  /** Random id of this change. */
  changeId: string
  /** Additional writes of the transaction. */
  more?: readonly TransactWrite[]
}

/**
 * Changes the language of a user. It revokes nothing: no token has it.
 *
 * @param user - The profile that was read.
 * @returns Whether it is stored: the user has not changed since the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export const setLocale = (
  table: Table,
  user: UserState & Pick<User, 'changeId' | 'locale'>,
  { locale, changeId, more = [] }: LocaleChange,
  act: Act,
): Promise<boolean> => {
  const changes = { locale, changedAt: act.now.toISOString(), generation: user.generation }
  return changeUser(table, user, { changes, changeId, more, readChangeId: user.changeId }, act)
}
