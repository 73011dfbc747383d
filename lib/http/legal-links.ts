import { say } from '../application/texts.ts'
import { PRIVACY_URL, TERMS_URL } from '../application/theme.ts'
import { escapeHtml } from './escape.ts'

/**
 * Returns the HTML of the links to terms and privacy; empty without any. They open a new tab: some pages would lose
 * values in memory, such as the link of a mail.
 */
export const legalLinks = (): string => linkTo(TERMS_URL, say('Terms')) + linkTo(PRIVACY_URL, say('Privacy'))

const linkTo = (url: string | undefined, label: string): string =>
  url === undefined ? '' : `<a href="${escapeHtml(url)}" target="_blank">${escapeHtml(label)}</a>`
