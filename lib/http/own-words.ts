import { escapeHtml } from './escape.ts'

/** Elements that a sentence may contain. All others, and comments, end it. */
const INLINE = ['a', 'strong', 'span', 'code', 'em', 'b', 'small', 'bdi']

/** Lines of the demo, comments, the doctype, tags, text. Anything else would be lost. */
const TOKEN =
  /<!-- if (?:demo|content) -->\n[\s\S]*?<!-- end -->|<!--[\s\S]*?-->|<![^>]*>|<(\/?)(\w+)((?:[^<>"]|"[^"]*")*)>|[^<]+/g

/** Attributes that users see, or that screen readers read. */
const ATTRIBUTE = /( (?:aria-label|title|placeholder|alt)=")([^"]+)"/g

interface Token {
  source: string
  /** Name of a tag; missing for text, comments and the doctype. */
  tag?: string | undefined
  isEnd?: boolean
}

/** An element in a sentence: `[text]` in it, or `{name}` if it is empty. */
interface Inline {
  start: string
  text: string
  end: string
  name: string
}

/** Returns own words for a sentence, or nothing if the sentence does not change. */
export type OwnWords = (sentence: string) => string | undefined

/**
 * Returns HTML in own words. It expects the HTML of a shell and its pages: elements are closed, attributes
 * have double quotes, and a sentence has no elements within elements.
 *
 * @param wordsFor - Gets each sentence. In it, `{{name}}` becomes `{name}`, and an element `[text]`. An empty
 *   element becomes `{name}` by its `data-` attribute, class or id. The words are text. The demo is English, like its script.
 */
export function inOwnWords(html: string, wordsFor: OwnWords): string {
  let out = ''
  let sentence: Token[] = []
  const flush = () => {
    out += sentenceInOwnWords(sentence, wordsFor)
    sentence = []
  }
  for (const [source, end, tag] of html.matchAll(TOKEN)) {
    const token = { source, tag, isEnd: end === '/' }
    if (tag === undefined ? !source.startsWith('<') : INLINE.includes(tag)) sentence.push(token)
    else {
      flush()
      out += source
    }
  }
  flush()
  return out.replaceAll(ATTRIBUTE, (whole, start, text) => {
    const words = wordsFor(text)
    return words === undefined ? whole : `${start}${escapeHtml(words)}"`
  })
}

const sourceOf = (tokens: readonly Token[]): string => tokens.map(({ source }) => source).join('')
const isBlank = ({ source }: Token): boolean => source.trim() === ''

function sentenceInOwnWords(tokens: readonly Token[], wordsFor: OwnWords): string {
  const source = sourceOf(tokens)
  if (!/\p{L}/u.test(source.replaceAll(/<[^>]*>|\{\{\w+\}\}/g, ''))) return source
  const [first = -1, last = -1] = [
    tokens.findIndex((one) => !isBlank(one)),
    tokens.findLastIndex((one) => !isBlank(one)),
  ]
  const isWrapped = tokens[first]?.tag !== undefined && endOf(tokens, first) === last
  if (isWrapped) {
    const [before, inner, after] = [
      tokens.slice(0, first + 1),
      tokens.slice(first + 1, last),
      tokens.slice(last),
    ]
    return sourceOf(before) + sentenceInOwnWords(inner, wordsFor) + sourceOf(after)
  }
  const { key, elements } = readSentence(tokens)
  const words = wordsFor(key)
  if (words === undefined) return source
  const [start = '', end = ''] = [/^\s*/.exec(source)?.[0], /\s*$/.exec(source)?.[0]]
  return start + written(words, elements) + end
}

/** Returns the end of the element that starts at an index. Without an end, it is after all tokens. */
function endOf(tokens: readonly Token[], start: number): number {
  let depth = 0
  const end = tokens.findIndex(({ tag, isEnd }, at) => {
    if (at < start || tag === undefined) return false
    depth += isEnd ? -1 : 1
    return depth === 0
  })
  return end === -1 ? tokens.length : end
}

function readSentence(tokens: readonly Token[]): { key: string; elements: Inline[] } {
  const elements: Inline[] = []
  let key = ''
  for (let at = 0; at < tokens.length; at += 1) {
    const { source = '', tag } = tokens[at] ?? {}
    if (tag === undefined) {
      key += source.replaceAll(/\{\{(\w+)\}\}/g, '{$1}')
      continue
    }
    const end = endOf(tokens, at)
    const text = sourceOf(tokens.slice(at + 1, end)).replaceAll(/\s+/g, ' ')
    const [, data, className, id] =
      /data-([\w-]+)/.exec(source) ??
      /()class="([\w-]+)"/.exec(source) ??
      /()()id="([\w-]+)"/.exec(source) ??
      []
    const name = data || className || id || ''
    elements.push({ start: source, text, end: tokens[end]?.source ?? '', name })
    key += text === '' ? `{${name}}` : `[${text}]`
    at = end
  }
  return { key: key.replaceAll(/\s+/g, ' ').trim(), elements }
}

/** Returns own words as HTML. Text of the elements is in the order of the sentence. */
function written(words: string, elements: readonly Inline[]): string {
  const withText = elements.filter(({ text }) => text !== '')
  const part = withText.length > 0 ? /\[([^[\]]+)\]|\{([\w-]+)\}/g : /()\{([\w-]+)\}/g
  let out = ''
  let from = 0
  for (const { 0: whole, 1: text, 2: name, index } of words.matchAll(part)) {
    out += escapeHtml(words.slice(from, index))
    from = index + whole.length
    const element = text ? withText.shift() : elements.find((one) => one.text === '' && one.name === name)
    out += element ? `${element.start}${escapeHtml(text ?? '')}${element.end}` : `{{${name}}}`
  }
  return out + escapeHtml(words.slice(from))
}
