import { say } from '../application/texts.ts'
import { PRIVACY_URL, TERMS_URL } from '../application/theme.ts'
import { escapeHtml } from './escape.ts'

const NAMED = [
  [say('Terms'), TERMS_URL],
  [say('Privacy'), PRIVACY_URL],
] as const

/**
 * HTML of the links to terms and privacy; empty without any. They open a new tab: some pages would lose
 * values in memory, such as the link of a mail.
 */
export const LEGAL_LINKS = NAMED.map(([label, url]) =>
  url === undefined ? '' : `<a href="${escapeHtml(url)}" target="_blank">${escapeHtml(label)}</a>`,
).join('')
