import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../../support/process/service-description.ts'
import { CLIENT_PLANS } from './relying-party.ts'

test.each([
  ['oidcc-client-basic-certification-test-plan', 14],
  ['oidcc-client-config-certification-test-plan', 6],
] as const)('each module of %s has a test, or a line why not', (plan, count) => {
  const modules = Object.entries(CLIENT_PLANS[plan])
  expect(modules).toHaveLength(count)
  const unknown = modules.filter(([, covered]) => !isThere(covered)).map(([name]) => name)
  expect(unknown).toEqual([])
  const different = modules.filter(([, covered]) => 'why' in covered)
  console.log(`${plan}: ${count} modules, ${different.length} with a difference`)
})

/** Whether a file has a test of a title, and a row in its table. In a file that skips a test, none counts. */
function isThere({ file, title, row, why }: { file?: string; title?: string; row?: string; why?: string }) {
  if (file === undefined) return why !== undefined
  const text = readFileSync(`${root}/${file}`, 'utf8').replace(/\(\s+'/g, "('")
  if (/\b(test|describe)\.(skip|todo|only|fails|runIf)/.test(text)) return false
  const [before = '', after] = text.split(`('${title}',`)
  if (after === undefined || row === undefined) return after !== undefined && /\btest$/.test(before)
  return tableBefore(before).includes(`  '${row}': `) || tableBefore(before).includes(`['${row}', `)
}

/** Returns the table of a test, whose code ends before its title: the literal, or the constant that it names. */
function tableBefore(code: string): string {
  const table = code.slice(code.lastIndexOf('test.each'))
  const [, name] = /^test\.each\(Object\.entries\((\w+)\)\)$/.exec(table) ?? []
  if (name === undefined) return table
  const [literal = ''] = code.slice(code.indexOf(`const ${name}: `)).split('\n}\n')
  return literal
}
