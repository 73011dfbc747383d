import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const MOST = 4

test('no function of lib/ has more than four positional parameters', () => {
  const files = globSync('lib/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
  expect(files.length).toBeGreaterThan(100)
  expect(files.flatMap((file) => longLists(file, readFileSync(`${root}/${file}`, 'utf8')))).toEqual([])
})

test.each([
  ['function five(a, b, c, d, e) {}', ['x.ts: five']],
  ['const five = async (a, b, c, d, e) => a', ['x.ts: five']],
  ['type Five = (a: 1, b: 1, c: 1, d: 1, e: 1) => void', ['x.ts: a function']],
  ['function four(a, b, c, { d, e }) {}', []],
])('%s is found: %j', (code, found) => {
  expect(longLists('x.ts', code)).toEqual(found)
})

/** Returns the functions of a source with more positional parameters than {@link MOST}. */
function longLists(file: string, code: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node.parameters.length > MOST) {
      const name = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined)
      found.push(`${file}: ${name?.getText() ?? 'a function'}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true))
  return found
}
