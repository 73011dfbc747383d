import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { inOwnWords } from '../../lib/http/own-words.ts'
import { textForBrowsers } from '../../plugins/page-files.ts'
import { root } from '../support/process/service-description.ts'
import { detailsOf } from './details.ts'

// The list of all sentences that an application can replace, made of the code that shows them.

const LIST = `${root}/plugins/config/sentences.txt`

const filesOf = (...patterns: string[]) =>
  globSync(patterns, { cwd: root })
    .filter((file) => !/\.test\.ts$|\.d\.ts$/.test(file))
    .sort()

/** Where sentences are for users: the demo shows its own to developers. */
const PAGE_SCRIPTS = filesOf('functions/pages/**/*.js').filter(
  (file) => !/demo\.js$|docs\/page\.js$/.test(file),
)
const PAGE_HTML = filesOf('functions/pages/**/*.html').filter(
  (file) => !file.startsWith('functions/pages/docs/'),
)
const MAILS = filesOf('lib/mail/texts/*.ts')
const SOURCES = [...filesOf('lib/**/*.ts', 'functions/**/*.ts'), ...PAGE_SCRIPTS]

interface Literal {
  file: string
  text: string
  /** Whether it is the sentence of a call of `say`, or the form `other` of a call of `sayCount`. */
  isSaid: boolean
  /** The form that it is of a call of `sayCount`: `one` or `other`. */
  form?: string | undefined
  /** What a call of `say` gives to it, if that is an object with names. */
  given?: readonly string[] | undefined
}

/** Returns the call of a function that a node is the first argument of, or nothing. */
const callWith = (node: ts.Node, name: string): ts.CallExpression | undefined => {
  const { parent } = node
  const isFirst = ts.isCallExpression(parent) && parent.arguments[0] === node
  return isFirst && parent.expression.getText() === name ? parent : undefined
}

/** Returns the form that a literal is of a call of `sayCount`, or nothing. */
const formOf = ({ parent }: ts.Node): string | undefined =>
  ts.isPropertyAssignment(parent) && callWith(parent.parent, 'sayCount') ? parent.name.getText() : undefined

/** Returns the literals of a source, with those of template literals as one text. */
function literalsIn(file: string): Literal[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(`${root}/${file}`, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const found: Literal[] = []
  const visit = (node: ts.Node) => {
    if (
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateExpression(node)
    ) {
      const { parent } = node
      if (ts.isPropertyAssignment(parent) && parent.name === node) return
      const form = formOf(node)
      const call = callWith(node, 'say')
      const isSaid = call !== undefined || form === 'other'
      const values = call?.arguments[1]
      const given =
        values && ts.isObjectLiteralExpression(values) && !values.properties.some(ts.isSpreadAssignment)
          ? values.properties.map(({ name }) => String(name?.getText()))
          : undefined
      const text = ts.isTemplateExpression(node)
        ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
        : node.text
      found.push({ file, text, isSaid, form, given })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const LITERALS = SOURCES.flatMap(literalsIn)
const SAID = LITERALS.filter(({ isSaid }) => isSaid)

/** HTML in a handler, such as a link in the masthead. */
const HTML_IN_HANDLERS = LITERALS.filter(
  ({ file, text }) => /^(functions|lib\/http)\/pages\/.*\.ts$/.test(file) && text.startsWith('<'),
).map(({ text }) => text)

const HTML = [...PAGE_HTML.map((file) => readFileSync(`${root}/${file}`, 'utf8')), ...HTML_IN_HANDLERS]

function sentencesIn(html: string): string[] {
  const found: string[] = []
  inOwnWords(html, (sentence) => {
    found.push(sentence)
    return undefined
  })
  return found
}

/** A sentence with plural forms is listed as one of them. Own words have all forms of their language. */
const keyOf = ({ text, form }: Literal) => (form ? `${text}#${form}` : text)

const DETAILS = await detailsOf([...PAGE_SCRIPTS, ...filesOf('client/*.js')])

const SENTENCES = [...new Set([...SAID.map(keyOf), ...HTML.flatMap(sentencesIn), ...DETAILS])].sort()

test('the list has every sentence of mails and pages; `-u` writes it', async () => {
  console.log(`${SENTENCES.length} sentences`)
  await expect(`${SENTENCES.join('\n')}\n`).toMatchFileSnapshot(LIST)
})

test('each sentence is one line, and a call of say writes it out', () => {
  expect(SENTENCES.filter((sentence) => /\n|…\{|^\s|\s$|\\|"/.test(sentence) || sentence === '')).toEqual([])
  const callsOf = (name: string) =>
    SOURCES.flatMap((file) => [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(new RegExp(`\\b${name}\\(`, 'g')),
    ]).length - 1 // One is its definition.
  const forms = LITERALS.filter(({ form }) => form)
  expect(SAID.length - forms.length / 2).toBe(callsOf('say'))
  expect(forms.map(({ form }) => form).sort()).toEqual(
    ['one', 'other'].flatMap((form) => Array.from({ length: callsOf('sayCount') }, () => form)),
  )
})

test('a sentence with plural forms has {count}, and no call of say shows it', () => {
  const others = LITERALS.filter(({ form }) => form === 'other').map(({ text }) => text)
  expect(others.filter((text) => !text.includes('{count}'))).toEqual([])
  expect(SAID.filter(({ text, form }) => !form && /\{count\}/.test(text))).toEqual([])
})

test('each sentence gets a value for each of its placeholders', () => {
  const names = (text: string) => [...text.matchAll(/\{([\w-]+)\}/g)].map(([, name]) => name)
  const incomplete = SAID.filter(
    ({ text, given }) => given && names(text).some((name) => !given.includes(String(name))),
  )
  expect(incomplete).toEqual([])
})

/** Names of browsers and systems, which stay in every language. */
const PROGRAMS = /^(Edge?|Opera|Firefox|Chrome|Safari|Windows|Android|Mac OS X|Linux)$/

describe('no sentence bypasses the list', () => {
  /** Words for users: several, or one that begins as a sentence does. Not names of elements, keys or types. */
  const isProse = (text: string) =>
    !PROGRAMS.test(text) && /\p{L}{2,} \p{L}|^\p{Lu}\p{Ll}{2,}[.?!]?$/u.test(text)

  test('in the scripts of pages', () => {
    const others = LITERALS.filter(
      ({ file, isSaid, form, text }) => !(isSaid || form) && isProse(text) && PAGE_SCRIPTS.includes(file),
    )
    expect(others.map(({ file, text }) => `${file}: ${text}`)).toEqual([])
  })

  test('in mails', () => {
    const others = LITERALS.filter(
      ({ file, isSaid, form, text }) => !(isSaid || form) && isProse(text) && MAILS.includes(file),
    )
    expect(others.map(({ file, text }) => `${file}: ${text}`)).toEqual([])
  })

  test('in the HTML of pages', () => {
    // The demo has none.
    const left = HTML.map((html) => inOwnWords(html, () => '#')).flatMap(
      (html) =>
        html
          .replaceAll(/<!-- if (?:demo|content) -->\n.*?<!-- end -->|<!--.*?-->|<[^>]*>|\{\{\w+\}\}/gs, ' ')
          .match(/\p{L}[^#]*/gu) ?? [],
    )
    expect(left).toEqual([])
  })
})

test.each([
  'account/page.js',
  'confirm/page.js',
  'console/page.js',
  'authorize/page.js',
  'authorize/logout.js',
  'signin/plain.js',
])('the served script %s has its sentences as they are', async (file) => {
  const script = await textForBrowsers(`${root}/functions/pages/${file}`, [
    'federation',
    'mailSignIn',
    'languages',
  ])
  const own = literalsIn(`functions/pages/${file}`).filter(({ isSaid }) => isSaid)
  expect(own.length).toBeGreaterThan(0)
  expect(own.filter(({ text }) => !script.includes(text))).toEqual([])
})
