import { isLine } from '../../line.ts'

const MAX_CHARACTERS = 60

/** The selector after an emoji, which changes only how that looks. */
const EMOJI_STYLE = /(?<=\p{Extended_Pictographic})\uFE0F/gu

/**
 * What fonts may leave out (UAX 44, `Default_Ignorable_Code_Point`), and the blank pattern of Braille. `isLine` says which joiners are
 * allowed.
 */
const UNSEEN = /(?![\u200C\u200D])\p{Default_Ignorable_Code_Point}|\u2800/u

/** Marks that reach into the lines above and below, or into what stands before the name. */
const PILED = /^\p{M}|\p{M}{3}/u

/** Spaces that look like the end of a sentence or of a line. */
const GAP = /^\s|\s$|\s{2}/u

/** The screen shows the name in quotes, which must not end early. */
const QUOTES = /["\u00AB\u00BB\u201C-\u201F\u275D\u275E\u301D-\u301F\uFF02]/u

/**
 * Whether a name that an unregistered app gives itself can stand on a screen, in quotes.
 *
 * @param name - Untrusted, of any type.
 */
export function isClaimedName(name: unknown): name is string {
  if (typeof name !== 'string' || [...name].length > MAX_CHARACTERS || !/[\p{L}\p{N}]/u.test(name))
    return false
  const isBroken = [PILED, GAP, QUOTES].some((rule) => rule.test(name))
  return !isBroken && isLine(name) && !UNSEEN.test(name.replaceAll(EMOJI_STYLE, ''))
}
