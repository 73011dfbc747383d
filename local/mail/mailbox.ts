import { escapeControls } from '../request-log.ts'

/** A mail that the local SES accepted. */
export interface Mail {
  /** The `MessageId` that the sender got. */
  id: string
  sentAt: Date
  from: string
  /** The recipients, separated by commas. */
  to: string
  subject: string
  text: string
  /** The HTML part as it was sent, which is not safe to show. */
  unsafeHtml: string | undefined
  /** The first link in the text. It may hold a token. */
  link: string | undefined
  /** The headers that the sender added, names in lower case. */
  headers: Record<string, string>
}

/** The mails of one local service, in memory. */
export interface Mailbox {
  add(mail: Mail): void
  /** Returns the mails, the newest first. */
  list(): readonly Mail[]
}

const KEPT_MAILS = 100

/** Creates a mailbox for the last 100 mails. */
export function createMailbox(): Mailbox {
  let mails: readonly Mail[] = []
  return {
    add(mail) {
      mails = [mail, ...mails].slice(0, KEPT_MAILS)
    },
    list: () => mails,
  }
}

/** Returns what `npm start` prints of a mail: one line with its first link. Control characters are escaped. */
export const mailLine = ({ to, subject, link }: Mail): string =>
  escapeControls(`Mail to ${to}: ${subject}${link === undefined ? '' : `  ${link}`}`)

/** Returns the first link in a text, without the punctuation of its sentence. */
export const firstLink = (text: string): string | undefined =>
  /https?:\/\/[^\s<>"]+/.exec(text)?.[0].replace(/[.,;:!?)]+$/, '')
