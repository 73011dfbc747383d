import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const run = promisify(execFile)
const generator = fileURLToPath(new URL('../../node_modules/.bin/openapi-typescript', import.meta.url))
const serviceUrl = inject('serviceUrl')
const guide = readFileSync(join(root, 'docs/CLIENTS.md'), 'utf8')
const blockOf = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(guide)?.[1] ?? ''
const program = blockOf('ts')

mkdirSync(`${root}/.results`, { recursive: true })
// Inside the project, so that the compiler finds Node's types.
const folder = mkdtempSync(`${root}/.results/client-`)
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const [npx = '', name = '', ...args] = here(blockOf('sh')).trim().split(' ')
  expect([npx, name]).toEqual(['npx', 'openapi-typescript'])
  await run(process.execPath, [generator, ...args], { cwd: folder })
})

test('the example program compiles with the types generated from the description', () => {
  expect(program).not.toBe('')
  expect(compilerMessages(program)).toEqual([])
})

test.each([
  ['an unknown request member', "username: 'user',", "name: 'user',", "'name' does not exist"],
  ['an unknown response member', '{ authToken }', '{ token }', "'token' does not exist"],
  ['an unknown schema', "Schemas['Content']", "Schemas['Contents']", "'Contents' does not exist"],
])('a program with %s does not compile', (_, from, to, message) => {
  expect(program).toContain(from)
  expect(compilerMessages(program.replace(from, to))).toContainEqual(expect.stringContaining(message))
})

test('the example program signs in and reads the content', async () => {
  const file = join(folder, 'run.ts')
  writeFileSync(file, here(program))
  const { stdout } = await run(process.execPath, [file])
  expect(stdout).toBe('This content for authorised users only.\n')
})

const here = (text: string) => text.replaceAll('http://localhost:3000', serviceUrl)

/** Compiles a program with the generated types. Returns the compiler's messages. */
function compilerMessages(text: string): string[] {
  const file = join(folder, 'program.ts')
  writeFileSync(file, text)
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  )
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
