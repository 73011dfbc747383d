import { globSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const folder = `${root}/docs/decisions`
const HEAD =
  /^# (\d+)\. (.+)\n\n\d{4}-\d\d-\d\d[^.]*\. Status: (accepted|replaced by \d+)\. Topic: ([^.]+)\.(?: Contains ([^.]+)\.)?\n\n/

const records = readdirSync(folder)
  .filter((file) => file !== 'README.md')
  .map((file) => {
    const [, number, title, status = '', topic = '', contains] =
      HEAD.exec(readFileSync(`${folder}/${file}`, 'utf8')) ?? []
    return { file, number: Number(number), title, status, topic, contains }
  })
const numbers = records.map(({ number }) => number)

test('each record has its number, a date, a status and a topic', () => {
  expect(records.filter(({ file, number }) => number !== Number(file.slice(0, 4)))).toEqual([])
  const successors = records.flatMap(({ status }) => /\d+/.exec(status) ?? []).map(Number)
  expect(successors.filter((number) => !numbers.includes(number))).toEqual([])
})

test('the introduction says how many lines a record has in the median', () => {
  const [, said] = /has about (\d+) lines/.exec(readFileSync(`${folder}/README.md`, 'utf8')) ?? []
  const lines = records.map(
    ({ file }) => readFileSync(`${folder}/${file}`, 'utf8').trimEnd().split('\n').length,
  )
  const median = lines.toSorted((a, b) => a - b)[lines.length >> 1] ?? 0
  expect(Math.abs(median - Number(said))).toBeLessThanOrEqual(2)
})

test('the index has every record by its topic; `-u` writes it', async () => {
  const line = ({ file, number, title, status, contains }: (typeof records)[number]) =>
    [
      `- ${number}: [${title}](${file})`,
      ...(status === 'accepted' ? [] : [status]),
      ...(contains ? [`with ${contains}`] : []),
    ].join(', ')
  const topics = Object.entries(Object.groupBy(records, ({ topic }) => topic)).sort()
  const sections = topics.map(([topic, of = []]) => `## ${topic}\n\n${of.map(line).join('\n')}\n`)
  const [introduction] = readFileSync(`${folder}/README.md`, 'utf8').split('## ')
  await expect(`${introduction}${sections.join('\n')}`).toMatchFileSnapshot(`${folder}/README.md`)
})

test('every record that a document or a comment names exists', () => {
  const sources = ['**/*.{ts,js,yml,md,py}', '.github/**/*.yml']
  const files = globSync(sources, {
    cwd: root,
    exclude: ['**/node_modules', 'packages/*/dist', '.esbuild', '.serverless', '.results'],
  })
  const missing = files.flatMap((file) =>
    [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(
        /decisions\/(\d{4})|\b(?:record|decision) \[?(\d+)/gi,
      ),
    ]
      .filter(([, path, number]) => !numbers.includes(Number(path ?? number)))
      .map(([text]) => `${file}: ${text}`),
  )
  expect(missing).toEqual([])
})

test('CHANGELOG.md has at most 300 words before the first release', () => {
  expect(readFileSync(`${root}/CHANGELOG.md`, 'utf8').trim().split(/\s+/).length).toBeLessThanOrEqual(300)
})
