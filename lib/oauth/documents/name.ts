import { isLine } from '../../line.ts'

const MAX_CHARACTERS = 60

/** The selector after an emoji, which changes only the emoji's look. */
const EMOJI_STYLE = /(?<=\p{Extended_Pictographic})\uFE0F/gu

/**
 * Characters that fonts may not show (UAX 44, `Default_Ignorable_Code_Point`), and the blank pattern of
 * Braille. `isLine` defines which joiners are allowed.
 */
const UNSEEN = /(?![\u200C\u200D])\p{Default_Ignorable_Code_Point}|\u2800/u

/** Marks that overlap the lines above and below, or the text in front of the name. */
const PILED = /^\p{M}|\p{M}{3}/u

/** Spaces that look like the end of a sentence or of a line. */
const GAP = /^\s|\s$|\s{2}/u

/** The screen shows the name in quotes, which must not end early. One apostrophe is part of names such as “L’atelier”. */
const QUOTES =
  /["\u00AB\u00BB\u02BA\u02DD\u02EE\u201C-\u201F\u2033\u2034\u2036\u2037\u2057\u275D\u275E\u2E42\u301D-\u301F\uFF02\u{1F676}-\u{1F678}]|['`\u00B4\u02B9\u02BB-\u02BD\u2018-\u201B\u2032\u2035]{2}/u

/**
 * Whether a screen can show, in quotes, the name that an unregistered app gives itself.
 *
 * @param name - Untrusted, of any type.
 */
export function isClaimedName(name: unknown): name is string {
  if (typeof name !== 'string' || [...name].length > MAX_CHARACTERS || !/[\p{L}\p{N}]/u.test(name))
    return false
  const isBroken = [PILED, GAP, QUOTES].some((rule) => rule.test(name))
  return !isBroken && isLine(name) && !UNSEEN.test(name.replaceAll(EMOJI_STYLE, ''))
}
