/** Letters and marks of the scripts in which a joiner changes how words are written: Arabic, as in Persian, and those of India. */
const JOINED = String.raw`[[\p{L}\p{M}]&&[\p{scx=Arab}\u0900-\u0dff]]`

/**
 * Whether a text stands in one line as it is written: it has no control characters, no line breaks, and none that change the direction
 * of others or are invisible.
 *
 * A zero width (non-)joiner is allowed between two letters of a script that needs it (Unicode Standard Annex 31, section 2.3.1). Elsewhere
 * it would be an invisible difference between two names.
 */
export function isLine(text: string): boolean {
  const joiner = new RegExp(String.raw`(?<=${JOINED})[\u200c\u200d](?=${JOINED})`, 'gv')
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(text.replaceAll(joiner, ''))
}
