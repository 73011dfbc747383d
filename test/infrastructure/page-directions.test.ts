import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

// Pages may run from right to left: styles name no side, and fields say how their content runs.

const filesOf = (extension: string) =>
  // The description of the API is English.
  globSync(`functions/pages/**/*.${extension}`, { cwd: root }).filter((file) => !file.includes('/docs/'))
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

test('no style of a page names a side', () => {
  const styles = filesOf('css')
  expect(styles.length).toBeGreaterThan(2)
  const naming = styles.flatMap((file) =>
    read(file)
      .split('\n')
      .filter((line) => SIDES.some((side) => side.test(line)))
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(naming).toEqual([])
})

test.each([
  'margin-left: 1px;',
  '  border-right-color: red;',
  '  border-top-left-radius: 1px;',
  '  left: 0;',
  '  float: left;',
  '  text-align: right;',
  '  margin: 0 1px 0 2px;',
  '  border-radius: 1px 2px 2px 1px;',
])('"%s" names a side', (line) => {
  expect(SIDES.some((side) => side.test(line))).toBe(true)
})

test('each field says how its content runs: codes, addresses and passwords from left to right', () => {
  const fields = filesOf('html')
    .flatMap((file) => read(file).match(/<input\b[^>]*>/g) ?? [])
    .filter((field) => !/ hidden>|type="checkbox"/.test(field))
  process.stdout.write(`${fields.length} fields\n`)
  const wrong = fields.filter((field) => {
    const isCode = /type="(?:password|email)"| name="(?:code|operatorCode)"/.test(field)
    return !field.includes(isCode ? ' dir="ltr"' : ' dir="auto"')
  })
  expect(wrong).toEqual([])
  expect(fields.length).toBeGreaterThan(30)
})

/** Properties and values that name a side. */
const SIDES = [
  /\b(?:margin|padding|border|inset|scroll-margin|scroll-padding)(?:-[a-z]+)*-(?:left|right)\b/,
  /^\s*(?:left|right|float)\s*:/,
  /\b(?:text-align|justify-content|justify-items|clear)\s*:\s*(?:left|right)\b/,
  /\btranslatex?\(/i,
  /^\s*(?:margin|padding|inset|border-width)\s*:\s*\S+\s+(\S+)\s+\S+\s+(?!\1;)\S+;/,
  /^\s*border-radius\s*:\s*[^;\s]+\s+[^;]+;/,
]
