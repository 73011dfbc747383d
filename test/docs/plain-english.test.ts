import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { PROBLEMS } from '../../lib/errors.ts'
import { DEVICES_AND_ADMIN } from '../../lib/openapi/devices/console.ts'
import { describeApi } from '../../lib/openapi/document.ts'
import { FEATURES } from '../../lib/openapi/route.ts'
import { MANNER } from './manner.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Hits that are left, by file. The list only shrinks: `SHRINK=1 npx vitest run test/docs/plain-english` rewrites it. */
const ALLOWED_FILE = `${root}test/docs/manner-allowed.json`
const allowed: Record<string, number> = JSON.parse(readFileSync(ALLOWED_FILE, 'utf8'))

/** The highest rate of hits in 1,000 words of comment. */
const LIMIT_PER_1000 = 1

const sources = ['**/*.{ts,js,cjs,css,html,yml,md,py}', '.github/**/*.yml', '.ci/run', 'Dockerfile']
const files = globSync(sources, {
  cwd: root,
  exclude: ['**/node_modules', 'packages/*/dist', '.esbuild', '.serverless', '.results'],
})
  .map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }))
  .sort((a, b) => a.file.localeCompare(b.file))

const matches = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([all, part]) => part ?? all)
const BLOCK_OR_LINE = /\/\*.*?\*\/|(?<=^|\s)\/\/.*?$/gms
const withoutComments = (text: string) => text.replace(BLOCK_OR_LINE, '')

function commentsOf(file: string, text: string): string[] {
  if (/\.(?:ts|js|cjs|css)$/.test(file)) return matches(text, BLOCK_OR_LINE)
  return /\.md$|\.html$/.test(file) ? [] : matches(text, /(?<=^|\s)#.*?$/gm)
}

function textsOf(file: string, text: string): string[] {
  if (file.endsWith('.md')) return [text.replace(/^ *```.*?^ *```$|\]\([^)]*\)/gms, '')]
  if (/^functions\/pages\/.*\.(?:html|js)$/.test(file)) return [withoutComments(text)]
  return file.endsWith('.test.ts')
    ? // The last alternative is the name after a table: `test.each([…])('name')`.
      matches(text, /(?:\b(?:test|describe)(?:\.\w+)*|\))\(\s*('(?:[^'\\]|\\.)*'|"[^"]*"|`[^`]*`)/g)
    : []
}

/** Texts of responses, logs, the operator's commands, the plugins and the local service: all string literals. */
const messagesOf = ({ file, text }: (typeof files)[number]) =>
  /^(?:lib|functions|scripts|plugins|local)\/(?!.*\.test\.ts$).*\.ts$/.test(file)
    ? {
        file: `texts: ${file}`,
        prose: matches(withoutComments(text), /'(?:[^'\\\n]|\\.)*'|`[^`]*`|"[^"\n]*"/g),
      }
    : []

const prose = [
  ...files.map(({ file, text }) => ({ file, prose: [...commentsOf(file, text), ...textsOf(file, text)] })),
  ...files.flatMap(messagesOf),
  {
    file: 'OpenAPI: description',
    prose: [
      JSON.stringify(describeApi('https://example', FEATURES, { own: ['*'], more: DEVICES_AND_ADMIN })),
    ],
  },
  { file: 'problems: lib/errors.ts', prose: [JSON.stringify(PROBLEMS)] },
  ...['plugins/resources/gateway-responses.yml'].map((file) => ({
    file: `problems: ${file}`,
    prose: [readFileSync(`${root}${file}`, 'utf8').replace(/^\s*#.*$/gm, '')],
  })),
].map(({ file, prose }) => ({ file, hits: prose.flatMap((text) => matches(text, MANNER)) }))

/** Texts that users see. The list has no entry for them. */
const SHOWN = /^(?!docs\/decisions\/).*\.md$|^functions\/pages\/|^(?:OpenAPI|problems|texts): /

test('comments, documents, user texts and test names are in plain English', () => {
  const found = Object.fromEntries(prose.flatMap(({ file, hits }) => (hits.length ? [[file, hits]] : [])))
  const countOf = (file: string) => found[file]?.length ?? 0
  if (process.env.SHRINK) {
    const least = Object.entries(allowed).map(([file, count]) => [file, Math.min(count, countOf(file))])
    const left = Object.fromEntries(least.filter(([, count]) => count !== 0))
    return writeFileSync(ALLOWED_FILE, `${JSON.stringify(left, null, 2)}\n`)
  }
  const above = Object.entries(found).filter(([file, { length }]) => length > (allowed[file] ?? 0))
  expect(Object.fromEntries(above), 'words to replace: see CONTRIBUTING.md, English').toEqual({})
  const shrinkable = Object.entries(allowed).filter(([file, count]) => countOf(file) < count)
  expect(Object.fromEntries(shrinkable), 'fewer hits than allowed: run with SHRINK=1').toEqual({})
})

test('texts that users see have no exceptions', () => {
  expect(Object.keys(allowed).filter((file) => SHOWN.test(file))).toEqual([])
})

test('comments have fewer of these words than the limit', () => {
  const words = files.flatMap(({ file, text }) => commentsOf(file, text)).join(' ')
  const rate = (1000 * matches(words, MANNER).length) / matches(words, /\w+/g).length
  console.info(`Manner in comments: ${rate.toFixed(2)} per 1,000 words.`)
  expect(rate).toBeLessThan(LIMIT_PER_1000)
})
