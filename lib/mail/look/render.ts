import { directionOf } from '../../application/languages.ts'
import { currentLanguage, say } from '../../application/texts.ts'
import type { OutgoingMail } from '../send.ts'
import { look, MAIL_STYLE } from './colours.ts'

/** The text of a mail. */
export interface Message {
  subject: string
  /** The first line, which says what happened. */
  lead: string
  /** Link for the recipient. `when` stands before it and says for whom it is. */
  action?: { when?: string; label: string; url: string } | undefined
  /** A code to type instead of opening the link. */
  code?: string | undefined
  /** Additional facts for the recipient. */
  paragraphs: readonly string[]
}

/** Marks in sentences that HTML replaces by an element. */
const LINK = '{link}'
const CODE = '{code}'

/**
 * Returns the plain text and the HTML of a message, with the same content. HTML has the subject as its
 * heading, one button, and the link of the button as text. It has no image and no script, and loads no file.
 */
export function renderMessage(message: Message): Required<Pick<OutgoingMail, 'subject' | 'text' | 'html'>> {
  const { subject, lead, action, code, paragraphs } = message
  const codeLine = action
    ? say('Or type this code: {code}', { code: CODE })
    : say('Type this code: {code}', { code: CODE })
  const text = [
    lead,
    ...(action?.when ? [action.when] : []),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ...(code ? [codeLine.replace(CODE, () => code)] : []),
    ...paragraphs,
  ]
  const html = [
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escapeHtml(subject)}</h1>`,
    paragraph(escapeHtml(lead)),
    ...(action?.when ? [paragraph(escapeHtml(action.when))] : []),
    ...(action ? [buttonOf(action)] : []),
    ...(code
      ? [paragraph(escapeHtml(codeLine).replace(CODE, () => `<strong>${escapeHtml(code)}</strong>`))]
      : []),
    ...paragraphs.map((one) => paragraph(escapeHtml(one))),
  ]
  const language = currentLanguage()
  return {
    subject,
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html><html lang="${language}" dir="${directionOf(language)}"><head><meta charset="utf-8">${MAIL_STYLE}<title>${escapeHtml(subject)}</title></head><body ${look('page')}><div ${look('card')}>${html.join('')}</div></body></html>`,
  }
}

const paragraph = (html: string): string => `<p style="margin:0 0 16px">${html}</p>`

/** Returns the HTML of the button, and of its link as text, for programs that show no button. */
function buttonOf({ label, url }: NonNullable<Message['action']>): string {
  const href = `href="${escapeHtml(url)}"`
  const asText = escapeHtml(say('Or open this link: {link}', { link: LINK }))
  const link = `<a ${look('link')} ${href}>${escapeHtml(url)}</a>`
  return (
    paragraph(`<a ${look('button')} ${href}>${escapeHtml(label)}</a>`) +
    `<p ${look('soft')}>${asText.replace(LINK, () => link)}</p>`
  )
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
