import { say } from '../application/texts.ts'
import type { OutgoingMail } from './send.ts'

/** The text of a mail. */
export interface Message {
  subject: string
  /** The first line, which says what happened. */
  lead: string
  /** What the recipient can open. */
  action?: { label: string; url: string } | undefined
  /** A code to type instead of opening the link. */
  code?: string | undefined
  /** What else the recipient should know. */
  paragraphs: readonly string[]
}

/** Stands in its line for the code, which is of digits and bold in HTML. */
const CODE = '{code}'

/** Returns the plain text and the HTML of a message. Both say the same. HTML has no image and no script. */
export function renderMessage(message: Message): Pick<OutgoingMail, 'subject' | 'text' | 'html'> {
  const { subject, lead, action, code, paragraphs } = message
  const codeLine = say('Or type this code: {code}', { code: CODE })
  const text = [
    lead,
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ...(code ? [codeLine.replace(CODE, code)] : []),
    ...paragraphs,
  ]
  const html = [
    `<p>${escapeHtml(lead)}</p>`,
    ...(action ? [`<p><a href="${escapeHtml(action.url)}">${escapeHtml(action.label)}</a></p>`] : []),
    ...(code ? [`<p>${escapeHtml(codeLine).replace(CODE, `<strong>${escapeHtml(code)}</strong>`)}</p>`] : []),
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
  ]
  return {
    subject,
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title><body style="font-family:sans-serif;line-height:1.5">${html.join('')}</body></html>`,
  }
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => String(ENTITIES[character]))
