import { keysOf, readKey } from '../../plugins/config/sentences/list.ts'

/** A pseudo-language. Its words are the English ones with accents, and 35 % longer. */
export const PSEUDO = 'en-XA'

const PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ACCENTED = [...'ÀɃÇĐÉƑĜĦÎĴĶĻṀÑÖÞɊŔŠŦÛṼŴẊÝŽàƀçđéƒĝħîĵķļḿñöþɋŕšŧûṽŵẋýž']

/** Letters that are doubled. So a label that has the words of another one still has them, as axe demands. */
const DOUBLED = /[aeiout]/g

const accent = (text: string) =>
  text
    .replaceAll(DOUBLED, (letter) => letter + letter)
    .replaceAll(/[A-Za-z]/g, (letter) => ACCENTED[PLAIN.indexOf(letter)] ?? '')

/** Returns a sentence in the pseudo-language. Placeholders stay, and text in brackets stays in brackets. */
const pseudoOf = (sentence: string): string =>
  sentence.replaceAll(/\{[\w-]+\}|[^{]+/g, (part) => (part.startsWith('{') ? part : accent(part)))

/** The words of the pseudo-language. */
export const PSEUDO_WORDS = Object.fromEntries(
  keysOf(PSEUDO).map((key) => [key, pseudoOf(readKey(key).sentence)]),
)
