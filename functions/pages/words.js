// The sentences of the pages' scripts, which an application can replace.

/** Own words by sentence. The service writes them in front of a script that has such sentences. */
const { ownWords = {} } = globalThis

/** The language of the page. */
export const language = globalThis.document?.documentElement.lang || 'en'

/** Returns a sentence for users, with values in place of `{name}`, like `say` of lib/application/texts.ts. */
export const say = (sentence, values = {}) =>
  (ownWords[sentence] ?? sentence).replaceAll(/\{([\w-]+)\}/g, (tag, name) => values[name] ?? tag)
