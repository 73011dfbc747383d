import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultsOf } from '../../plugins/parameters/parameters.ts'
import { root } from '../support/process/service-description.ts'
import { codeUnder } from '../verifiers/programs.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('examples/README.md')
const browsers = read('docs/BROWSERS.md')

test.each([
  ['plain', 60],
  ['react', 60],
  ['oidc-spa', 80],
  ['oidc-server', 80],
  ['mcp-server', 120],
])('the example %s has under %i lines', (example, limit) => {
  const files = globSync(`examples/${example}/*.{html,css,js,jsx,ts}`, { cwd: root })
  const lines = files.flatMap((file) => read(file).trimEnd().split('\n'))
  console.log(`examples/${example}: ${lines.length} lines in ${files.length} files`)
  expect(files.length).toBeGreaterThan(0)
  expect(lines.length).toBeLessThan(limit)
})

test("the examples' API is the FastAPI program of VERIFYING.md", () => {
  const [, file = ''] = /^\/usr\/bin\/python3 (\S+)$/m.exec(readme) ?? []
  expect(read(file)).toBe(codeUnder('FastAPI and PyJWT'))
})

test('the examples name the origins that their README and the API start with', () => {
  const [, origin = ''] = /allowedOrigins=(\S+)/.exec(readme) ?? []
  const port = new URL(origin).port
  expect(codeUnder('FastAPI and PyJWT')).toContain(`"ORIGINS", "${origin}"`)
  expect(readme).toContain(`--serve=localhost:${port}`)
  expect(read('examples/react/package.json')).toContain(`--serve=localhost:${port}`)
})

test('the command for another port changes every file that names the service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'examples-'))
  const [, command = ''] = /^(sed -i\.bak .*)$/m.exec(readme) ?? []
  const files = globSync('examples/*/*.{html,css,js,jsx,ts,json,yml}', { cwd: root })
  for (const file of files) cpSync(join(root, file), join(folder, file), { recursive: true })
  const naming = (port: number) =>
    files.filter((file) => readFileSync(join(folder, file), 'utf8').includes(`localhost:${port}`))
  const before = naming(3000)
  execFileSync('sh', ['-c', command], { cwd: folder })
  expect(before).not.toEqual([])
  expect({ old: naming(3000), other: naming(3100) }).toEqual({ old: [], other: before })
  rmSync(folder, { recursive: true })
})

test('the deployment of BROWSERS.md is valid, and with a page of another site rejected as shown', () => {
  const [, command = ''] = /^(npm run deploy .*?)\n```/ms.exec(browsers) ?? []
  const given = [...command.matchAll(/--param (\w+)=(\S+)/g)].map(([, name, value]) => [name, value])
  const parameters = Object.fromEntries(given)
  expect(Object.keys(parameters)).toEqual(['issuer', 'cookieSessions', 'allowedOrigins', 'rpId', 'rpOrigins'])
  expect(faultsOf('prod', parameters)).toEqual([])
  const [, shown] = /rejected before anything changes:\n\n```text\n(.*?)\n```/s.exec(browsers) ?? []
  expect(faultsOf('prod', { ...parameters, allowedOrigins: 'https://app.example.net' })).toEqual([shown])
})
