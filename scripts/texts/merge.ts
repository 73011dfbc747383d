import type { Words } from '../../plugins/config/sentences/list.ts'
import { DRAFT, FORMER, isEmpty, readTexts } from '../../plugins/config/texts.ts'
import { nearestOf } from '../../project/did-you-mean.ts'
import { isObject } from '../../project/merge.ts'

/** A file of words, as JSON. */
type Texts = Readonly<Record<string, unknown>>

/** What a file becomes, with the numbers that its translator sees. */
export interface Merged {
  texts: Texts
  added: number
  kept: number
  /** Sentences that no longer exist. */
  former: number
  /** Sentences that wait for their words. */
  empty: number
}

/**
 * Gives a file of words the sentences of today, in their order.
 *
 * Words of a sentence that no longer exists go to the member `//`, with the nearest sentence that has no words. A translator often needs
 * few changes. They come back with their sentence.
 *
 * @param keys - Keys of all words of the language.
 * @param added - Sentences that the file must have, with their words, or `''` for a translator.
 */
export function mergeTexts(file: Texts, keys: readonly string[], added: Words): Merged {
  const { draft, former: notes, sentences } = readTexts(file)
  const noted = isObject(notes) ? notes : {}
  const known = new Set(keys)
  const returned = Object.entries(noted).flatMap(([key, note]) => {
    const { words } = Object(note)
    return known.has(key) && isEmpty(sentences[key] ?? '') && typeof words === 'string' ? [[key, words]] : []
  })
  const all: Texts = { ...added, ...sentences, ...Object.fromEntries(returned) }
  const ordered = keys.filter((key) => Object.hasOwn(all, key)).map((key) => [key, all[key]] as const)
  const gone = Object.keys(sentences).filter((key) => !known.has(key))
  const empty = ordered.filter(([, words]) => isEmpty(words)).map(([key]) => key)
  const former = {
    ...Object.fromEntries(Object.entries(noted).filter(([key]) => !returned.some(([one]) => one === key))),
    // A sentence without words has nothing to keep.
    ...Object.fromEntries(
      gone.filter((key) => !isEmpty(sentences[key])).map((key) => [key, noteOf(key, sentences[key], empty)]),
    ),
  }
  const kept = ordered.filter(([key]) => Object.hasOwn(sentences, key)).length
  return {
    texts: {
      ...(Object.hasOwn(file, DRAFT) && { [DRAFT]: draft }),
      ...Object.fromEntries(ordered),
      ...(Object.keys(former).length > 0 && { [FORMER]: former }),
    },
    added: ordered.length - kept,
    kept,
    former: gone.length,
    empty: empty.length,
  }
}

/** Returns the words of a sentence that no longer exists, and the sentence without words that it may have become. */
function noteOf(sentence: string, words: unknown, empty: readonly string[]) {
  // Any sentence contains a short one, such as "API".
  const alike = empty.filter((one) => one.length * 3 >= sentence.length && sentence.length * 3 >= one.length)
  const nearest = nearestOf(sentence, alike)
  return { words, ...(nearest !== undefined && { nearest }) }
}
