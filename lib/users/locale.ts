import { languageFor } from '../application/languages.ts'
import type { User } from './user.ts'

/** Returns the language of a user. One that the service does not have, or no longer has, counts as none. */
export const localeOf = ({ locale }: Pick<User, 'locale'>): string | undefined =>
  locale === undefined ? undefined : languageFor([locale])
