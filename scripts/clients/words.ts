import { Option } from 'commander'
import type { ApiScope } from '../../lib/oauth/apis/api.ts'
import { type ByLanguage, byLanguage, languageLines } from '../../lib/oauth/by-language.ts'
import { isShown } from '../../lib/oauth/clients/shown.ts'
import { isScopeName } from '../../lib/oauth/scopes.ts'
import { isLanguage } from '../../plugins/config/language.ts'
import { Refusal } from '../cli/refusal.ts'

// Names and sentences that users read, in several languages: `Shop` and `#de=Laden`.

const MAX_NAME_CHARACTERS = 60
const MAX_SENTENCE_CHARACTERS = 100

/** A text, or its words in another language. Empty words remove what is there. */
interface Given {
  language?: string
  text: string
}

/** A name on the command line, with its words in other languages. */
export interface GivenName {
  name?: string
  others: readonly Given[]
}

/** A scope on the command line. */
export interface GivenScope extends Given {
  scope: string
}

/** Reads a name that users see. */
export function readName(given: string): string {
  if (isShown(given, MAX_NAME_CHARACTERS)) return given
  throw new Refusal(
    'usage',
    `Invalid --name. Use 1 to ${MAX_NAME_CHARACTERS} characters, without control characters and outer spaces.`,
  )
}

/** Returns the option of a client's name: `Shop`, and `#de=Laden` for the name in another language. */
export const nameOption = (description: string): Option =>
  new Option('--name <name>', `${description}; '#de=Laden' is the name in another language`).argParser(
    (given: string, before: GivenName = { others: [] }): GivenName => {
      const [, language, text = ''] = /^#([^=]*)=(.*)$/s.exec(given) ?? []
      if (language === undefined) return { ...before, name: readName(given) }
      requireLanguage(language)
      if (text !== '') readName(text)
      return { ...before, others: [...before.others, { language, text }] }
    },
  )

/** Returns the names of a client in other languages, as it stores them, after those of the command line. */
export const namesAfter = (before: readonly string[], others: readonly Given[]): string[] =>
  languageLines(after(byLanguage(before), others)).sort()

/** Reads the name of a scope of an API. */
export function readScopeName(given: string): string {
  if (isScopeName(given)) return given
  throw new Refusal(
    'usage',
    `Invalid scope ${JSON.stringify(given)} of an API. Use a name such as orders:read, which OpenID Connect does not have.`,
  )
}

/** Reads a scope of an API and its sentence: `orders:read=See your orders`, or `orders:read#de=…` in another language. */
export function readApiScope(given: string): GivenScope {
  const [, before = '', text = ''] = /^([^=]*)(?:=(.*))?$/s.exec(given) ?? []
  const [name = '', language] = before.split(/#(.*)/s)
  const scope = readScopeName(name)
  if (language !== undefined) requireLanguage(language)
  if (isShown(text, MAX_SENTENCE_CHARACTERS) || (language !== undefined && text === '')) {
    return { scope, text, ...(language !== undefined && { language }) }
  }
  throw new Refusal(
    'usage',
    `Scope ${scope} needs a sentence for the screen, of at most ${MAX_SENTENCE_CHARACTERS} characters: '${scope}=See your orders'.`,
  )
}

/**
 * Returns the scopes of an API after those of the command line: new ones, other sentences, and sentences in other languages.
 *
 * @throws {@link Refusal} `usage`, for a scope that is there twice, or only in another language.
 */
export function scopesAfter(before: readonly ApiScope[], given: readonly GivenScope[]): ApiScope[] {
  const keys = given.map(({ scope, language }) => (language ? `${scope}#${language}` : scope))
  const twice = keys.find((key, at) => keys.indexOf(key) !== at)
  if (twice !== undefined) throw new Refusal('usage', `Scope ${twice} is there twice.`)
  const names = new Set([...before.map(({ name }) => name), ...given.map(({ scope }) => scope)])
  return [...names].map((name) => {
    const stored = before.find((one) => one.name === name)
    const ofScope = given.filter(({ scope }) => scope === name)
    const sentence = ofScope.find(({ language }) => language === undefined)?.text ?? stored?.sentence
    if (sentence === undefined) {
      throw new Refusal(
        'usage',
        `Scope ${name} also needs a sentence without a language: '${name}=See your orders'.`,
      )
    }
    const sentences = after(stored?.sentences ?? {}, ofScope)
    return { name, sentence, ...(Object.keys(sentences).length > 0 && { sentences }) }
  })
}

function after(before: ByLanguage, given: readonly Given[]): ByLanguage {
  const others = given.flatMap(({ language, text }): [string, string][] =>
    language === undefined ? [] : [[language, text]],
  )
  return Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(others) }).filter(([, text]) => text !== ''),
  )
}

function requireLanguage(tag: string): void {
  if (isLanguage(tag)) return
  throw new Refusal(
    'usage',
    `Invalid language ${JSON.stringify(tag)}. Use a tag such as de, pt-BR or zh-Hans.`,
  )
}
