import { LANGUAGES } from '../application/languages.ts'
import { inLanguage } from '../application/texts.ts'
import type { Table } from '../aws/dynamodb.ts'
import { localeOf, type WithLocale } from '../users/locale.ts'
import type { User } from '../users/user.ts'
import type { Confirmation } from './confirmation.ts'
import type { Message } from './look/render.ts'
import type { Facts } from './texts/facts.ts'

/** A mail to send. */
export interface PlannedMail {
  /** Address in the spelling of its owner. */
  to: string
  language: string
  message: Message
  /** The confirmation that it requests; missing for a notice. */
  confirmation?: Confirmation
  /** The same mail without its code, if it has one. */
  withoutCode?: Pick<PlannedMail, 'message' | 'confirmation'>
  /** The source of the request, if the user has signed in from it before. Its sign-in mails count apart. */
  knownSource?: string | undefined
}

/** The service in the texts of mails. */
export interface MailingService {
  /** Name for its users. */
  name: string
  /** Base URL of the pages that links open. */
  publicUrl: string
  /** Time between the mail of a reset of second factors and its effect. */
  factorResetDelaySeconds: number
  /** Finds the names of the providers that a user signs in with; missing without federation. */
  providersOf?: ProvidersOf | undefined
  /** Whether an address that no user has gets an account by a mail for a sign-in; missing without such mails. */
  mayRegister?: ((address: string) => boolean) | undefined
}

/** Finds the names of the providers that a user signs in with. */
export type ProvidersOf = (table: Table, userId: string) => Promise<string[]>

/** Values that the plans of all kinds share. */
export interface Planning extends Pick<MailingService, 'publicUrl' | 'providersOf' | 'mayRegister'> {
  table: Table
  facts: Omit<Facts, 'forgotUrl'> & { delaySeconds: number }
  now: Date
}

/** The reader of a mail. */
export interface Reader extends Pick<PlannedMail, 'to' | 'language'> {
  /** Missing without an account. */
  username?: string
}

/**
 * Returns the reader of a mail to a user. The request does not decide about the language: a stranger may have sent it, and would
 * choose one that the user cannot read.
 */
export const readerOf = <U extends Pick<User, 'username' | 'locale'>>(
  to: string,
  { username, locale }: U & WithLocale<U>,
): Reader => ({
  to,
  language: languageOf(locale),
  username,
})

/**
 * Returns the reader of a mail to an address that no user has.
 *
 * @param asked - The language that the request for the mail or the operator asks for.
 */
export const newReader = (to: string, asked: string | undefined): Reader => ({
  to,
  language: languageOf(asked),
})

const languageOf = (locale: string | undefined): string => localeOf({ locale }) ?? LANGUAGES[0]

/** Returns a mail without a confirmation. */
export const writtenMail = (
  reader: Reader,
  planning: Planning,
  write: (facts: Facts) => Message,
  more?: Partial<Facts>,
): PlannedMail => ({
  to: reader.to,
  language: reader.language,
  message: messageFor(reader, planning, write, more),
})

/** Writes the message of a mail in the language of its reader. */
export function messageFor(
  { language, username }: Reader,
  { publicUrl, facts }: Planning,
  write: (facts: Facts) => Message,
  more?: Partial<Facts>,
): Message {
  const forgotUrl = pageIn(language, `${publicUrl}/forgot`)
  return inLanguage(language, () => write({ ...facts, username, forgotUrl, ...more }))
}

/** Returns the URL of a page. It opens in the language of the mail, in any browser. */
export const pageIn = (language: string, url: string): string =>
  LANGUAGES.length > 1 ? `${url}?lang=${language}` : url
