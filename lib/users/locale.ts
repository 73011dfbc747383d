import { languageFor } from '../application/languages.ts'
import type { Table, TransactWrite } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { changeUser } from './store.ts'
import type { User, UserState } from './user.ts'

/** A user that was read with the language. Without it in the read, each user would count as one without a language. */
export type WithLocale<U> = 'locale' extends keyof U ? U : never

/** Returns the language of a user. One that the service does not have, or no longer has, counts as none. */
export const localeOf = <U extends Pick<User, 'locale'>>({
  locale,
}: U & WithLocale<U>): string | undefined => (locale === undefined ? undefined : languageFor([locale]))

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
