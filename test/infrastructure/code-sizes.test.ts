import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const MAX_LINES = 40
const MAX_PARAMETERS = 4
const MAX_ENTRY_LINES = 45

const files = globSync('{lib,functions,plugins}/**/*.{ts,js}', { cwd: root }).filter(
  (file) => !/\.test\.|\.min\.|\.d\.ts$/.test(file),
)
const all = files.flatMap((file) => functionsIn(file, readFileSync(`${root}/${file}`, 'utf8')))

test('no function of lib/, functions/ and plugins/ has over 40 lines', () => {
  const long = all.filter(({ lines }) => lines > MAX_LINES).map(({ place }) => place)
  expect(long).toEqual([])
})

test('no function of lib/, functions/ and plugins/ has over four positional parameters', () => {
  expect(all.filter(({ parameters }) => parameters > MAX_PARAMETERS)).toEqual([])
})

test('no entry file of a function, and no file of a route, has over 45 lines', () => {
  const functions = files.filter((file) => file.startsWith('functions/'))
  const matching = (pattern: RegExp) =>
    functions.filter((file) => pattern.test(readFileSync(`${root}/${file}`, 'utf8')))
  const entries = matching(/^export .*\bhandler\b/m)
  const routes = matching(/^export const route\b/m)
  expect(entries).toContain('functions/authorizer.ts')
  expect(routes.length).toBeGreaterThan(10)
  const linesOf = (file: string) => readFileSync(`${root}/${file}`, 'utf8').split('\n').length - 1
  const long = [...new Set([...entries, ...routes])].filter((file) => linesOf(file) > MAX_ENTRY_LINES)
  expect(long).toEqual([])
})

test('the first test stands below at most 20 lines, in the median of the test files', () => {
  const tests = globSync(
    '{bench,client,functions,lib,local,packages,plugins,project,scripts,test}/**/*.test.ts',
    {
      cwd: root,
      exclude: (path) => path.endsWith('node_modules') || path.endsWith('dist'),
    },
  )
  const above = tests
    .map((file) => readFileSync(`${root}/${file}`, 'utf8').split('\n'))
    .map((lines) => lines.findIndex((line) => /^ *test\b/.test(line)))
    // Some files run tests of another one.
    .filter((lines) => lines >= 0)
    .toSorted((a, b) => a - b)
  expect(above.length).toBeGreaterThan(400)
  expect(above[Math.floor(above.length / 2)]).toBeLessThanOrEqual(20)
})

test('the measure counts lines and parameters of each kind of function', () => {
  const code = 'const one = (a, b) =>\n  a\nclass Two {\n  three() {\n    return function () {}\n  }\n}'
  expect(functionsIn('a.ts', code)).toEqual([
    { place: 'a.ts: one', lines: 2, parameters: 2 },
    { place: 'a.ts: three', lines: 3, parameters: 0 },
    { place: 'a.ts: (anonymous)', lines: 1, parameters: 0 },
  ])
})

/** Returns the functions of a source, each with its place, its lines and the number of its positional parameters. */
function functionsIn(file: string, code: string): { place: string; lines: number; parameters: number }[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const nameOf = (node: ts.Node): string => {
    const { name } = node as ts.Node & { name?: ts.Node }
    if (name && ts.isIdentifier(name)) return name.text
    return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : '(anonymous)'
  }
  const found: ReturnType<typeof functionsIn> = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const lines = lineOf(node.end) - lineOf(node.getStart()) + 1
      found.push({ place: `${file}: ${nameOf(node)}`, lines, parameters: node.parameters.length })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
