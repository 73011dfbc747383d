import { languageFor } from '../application/languages.ts'
import type { User } from './user.ts'

/** A user that was read with the language. Without it in the read, each user would count as one without a language. */
export type WithLocale<U> = 'locale' extends keyof U ? U : never

/** Returns the language of a user. One that the service does not have, or no longer has, counts as none. */
export const localeOf = <U extends Pick<User, 'locale'>>({
  locale,
}: U & WithLocale<U>): string | undefined => (locale === undefined ? undefined : languageFor([locale]))
