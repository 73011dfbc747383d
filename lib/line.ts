/**
 * Letters and marks of scripts in which a joiner changes the spelling of words: Arabic, for Persian, and
 * those of India.
 */
const JOINED = String.raw`[[\p{L}\p{M}]&&[\p{scx=Arab}\u0900-\u0dff]]`

/**
 * Whether a text is one line that shows all its characters. It has no control characters and no line breaks.
 * It has no invisible characters, and none that change the direction of others.
 *
 * A zero width (non-)joiner is allowed between two letters of a script that needs it (Unicode Standard Annex 31, section 2.3.1). Elsewhere
 * it would be an invisible difference between two names.
 */
export function isLine(text: string): boolean {
  const joiner = new RegExp(String.raw`(?<=${JOINED})[\u200c\u200d](?=${JOINED})`, 'gv')
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(text.replaceAll(joiner, ''))
}
