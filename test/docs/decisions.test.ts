import { globSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const folder = `${root}/docs/decisions`
const HEAD = /^# (\d+)\. (.+)\n\n\d{4}-\d\d-\d\d[^.]*\. Status: (accepted|replaced by \d+)\.\n\n/

const wordsIn = (text: string): number => text.trim().split(/\s+/).length

const records = readdirSync(folder)
  .filter((file) => file !== 'README.md')
  .map((file) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8')
    const [head = '', number, title, status = ''] = HEAD.exec(text) ?? []
    return { file, number: Number(number), title, status, words: wordsIn(text.slice(head.length)) }
  })
const numbers = records.map(({ number }) => number)

test('each record has its number, a date and a status', () => {
  expect(records.filter(({ file, number }) => number !== Number(file.slice(0, 4)))).toEqual([])
  const successors = records.flatMap(({ status }) => /\d+/.exec(status) ?? []).map(Number)
  expect(successors.filter((number) => !numbers.includes(number))).toEqual([])
})

test('a record has at most 150 words', () => {
  expect(records.filter(({ words }) => words > 150)).toEqual([])
})

test('CHANGELOG.md has at most 300 words before the first release', () => {
  expect(wordsIn(readFileSync(`${root}/CHANGELOG.md`, 'utf8'))).toBeLessThanOrEqual(300)
})

test('the index has every record; `-u` writes it', async () => {
  const lines = records.map(
    ({ file, number, title, status }) =>
      `- ${number}: [${title}](${file})${status === 'accepted' ? '' : `, ${status}`}\n`,
  )
  const [introduction] = readFileSync(`${folder}/README.md`, 'utf8').split(/^- /m)
  await expect(`${introduction}${lines.join('')}`).toMatchFileSnapshot(`${folder}/README.md`)
})

const sources = globSync(['**/*.{ts,js,yml,md,py}', '.github/**/*.yml'], {
  cwd: root,
  exclude: ['**/node_modules', 'packages/*/dist', '.esbuild', '.serverless', '.results'],
})

/** Records that each file names. */
const named = sources
  .filter((file) => file !== 'docs/decisions/README.md')
  .flatMap((file) =>
    [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(
        /decisions\/(\d{4})|\b(?:record|decision)\s\[?(\d+)/gi,
      ),
    ].map(([, path, number]) => ({ file, number: Number(path ?? number) })),
  )

test('every record that a document or a comment names exists', () => {
  expect(named.filter(({ number }) => !numbers.includes(number))).toEqual([])
})

test('a document or a comment names each record', () => {
  const used = named.filter(
    ({ file, number }) => !file.startsWith(`docs/decisions/${`${number}`.padStart(4, '0')}`),
  )
  expect(numbers.filter((number) => !used.some((one) => one.number === number))).toEqual([])
})
