import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { get, tokenOf, USER_CONTENT } from '../support/http/http.ts'
import { copySources } from '../support/process/checkout.ts'
import { startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'

/** A reload bundles all functions: for a second or two, and on a busy machine for many more. */
const PATIENCE_MS = 120_000
vi.setConfig({ testTimeout: 5 * PATIENCE_MS })

/** A copy of the service, for tests to break. */
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/reload-`)
copySources(folder)

const service = await startService({}, [`--import=${new URL('watching.ts', import.meta.url)}`], folder)
await vi.waitUntil(() => service.output().includes('All files are watched.'), { timeout: PATIENCE_MS })
afterAll(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

const file = `${folder}/functions/content/user-content.ts`
const source = readFileSync(file, 'utf8')
const lineOfHandler = source.split('\n').findIndex((line) => line.includes('handler =')) + 1

test('an error of a handler is logged with file and line of its TypeScript source', async () => {
  const token = await tokenOf(service.url, 'user')
  const broken = source.replace(/(handler =.*\n)/, '$1  throw new Error("a bug")\n')
  await save(broken, 'Reloaded.')
  const mark = service.output().length
  expect((await fetch(service.url, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(500)
  await expect.poll(() => service.output().slice(mark)).toMatch(/^ {2}at /m)
  const [line, place] = service.output().slice(mark).split('\n')
  expect(line).toMatch(/^GET \/ 500 \d+ ms request\.crashed: .*\(Error: a bug\)$/)
  expect(place).toMatch(new RegExp(`functions/content/user-content\\.ts:${lineOfHandler + 1}:\\d+\\)?$`))
  await save(source, 'Reloaded.')
})

test('a syntax error is reported once, the last version runs on, a fix is reported', async () => {
  const token = await tokenOf(service.url, 'user')
  const errors = `${folder}/lib/errors.ts`
  const valid = readFileSync(errors, 'utf8')
  const mark = service.output().length
  // Every function imports this file.
  await save(`${valid}const = 5\n`, 'until this is fixed.', errors)
  expect(await get(`${service.url}/`, token)).toEqual(USER_CONTENT)
  await expect.poll(() => service.output().slice(mark)).toMatch(/^GET \/ 200 \d+ ms$/m)
  expect(await save(valid, 'Fixed and reloaded.', errors)).toBe('Fixed and reloaded.\n')
  expect(
    service
      .output()
      .slice(mark)
      .match(/Expected identifier/g),
  ).toHaveLength(1)
  expect(service.output().slice(mark)).toMatch(
    new RegExp(`^lib/errors\\.ts:${valid.split('\n').length}:7: Expected identifier but found "="$`, 'm'),
  )
  expect(await get(`${service.url}/`, token)).toEqual(USER_CONTENT)
})

test('a page loads a changed script that its own imports, and an error in it is reported', async () => {
  const form = `${folder}/functions/pages/form.js`
  const valid = readFileSync(form, 'utf8')
  await save(valid.replace('No response', 'No line'), 'Reloaded.', form)
  const [script] = /confirm\/forgot-\w+\.js/.exec((await get(`${service.url}/forgot`)).body) ?? []
  expect((await get(`${service.url}/${script}`)).body).toContain('No line')
  const line = `functions/pages/form.js:${valid.split('\n').length}:7: Expected identifier but found "="`
  expect(await save(`${valid}const = 5\n`, 'until this is fixed.', form)).toContain(line)
  await save(valid, 'Fixed and reloaded.', form)
})

test('the last state of a file runs after an editor truncates it and then writes it', async () => {
  const token = await tokenOf(service.url, 'user')
  const mark = service.output().length
  writeFileSync(file, '')
  await sleep(50)
  // On a slow machine the first step may be a separate build, which fails.
  await save(source, 'eloaded.')
  expect(await get(`${service.url}/`, token)).toEqual(USER_CONTENT)
  expect(service.output().slice(mark)).not.toContain('HandlerNotFound')
})

test('a change of auth.config.ts, the logo or the own words is shown, and a fault of them is reported', async () => {
  const signin = async () => (await fetch(`${service.url}/signin`)).text()
  const config = `${folder}/auth.config.ts`
  const plain = readFileSync(config, 'utf8')
  mkdirSync(`${folder}/theme`)
  writeFileSync(
    `${folder}/theme/logo.svg`,
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>First</title></svg>',
  )
  const own = "theme: { logo: 'theme/logo.svg' },\n  texts: 'texts/en.json',"
  const themed = plain.replace('roles:', `${own}\n  roles:`)
  expect(await save(themed, 'until this is fixed.', config)).toContain('texts/en.json does not exist.')
  const words = `${folder}/texts/en.json`
  mkdirSync(`${folder}/texts`)
  await save('{ "Sign in": "Log in" }', 'Fixed and reloaded.', words)
  expect(await signin()).toContain('First')
  expect(await signin()).toContain('disabled>Log in</button>')
  expect(await save('{ "Sing in": "Log in" }', 'until this is fixed.', words)).toBe(
    'texts/en.json:1:1: "Sing in" is unknown. Did you mean "Sign in"?\nThe previous version keeps running until this is fixed.\n',
  )
  expect(await signin()).toContain('disabled>Log in</button>')
  await save('{}', 'Fixed and reloaded.', words)
  await save(plain, 'Reloaded.', config)
  expect(await signin()).toContain('disabled>Sign in</button>')
})

test('a file without its handler is reported, and the last version keeps running', async () => {
  const token = await tokenOf(service.url, 'user')
  expect(await save('', 'until this is fixed.')).toContain(
    'functions/content/user-content.ts does not export handler\nThe previous version keeps running until this is fixed.\n',
  )
  expect(await get(`${service.url}/`, token)).toEqual(USER_CONTENT)
  await save(source, 'Fixed and reloaded.')
  expect(await get(`${service.url}/`, token)).toEqual(USER_CONTENT)
})

test('a request that is running during a reload gets its response', async () => {
  const token = await tokenOf(service.url, 'user')
  const slow = "  console.log('begun')\n  await new Promise((resolve) => setTimeout(resolve, 1_000))\n"
  await save(source.replace(/(handler =.*\n)/, `$1${slow}`), 'Reloaded.')
  const mark = service.output().length
  const response = get(`${service.url}/`, token)
  await expect.poll(() => service.output().slice(mark), { timeout: PATIENCE_MS }).toContain('begun')
  await save(source, 'Reloaded.')
  expect(await response).toEqual(USER_CONTENT)
})

test('each change of serverless.yml is reported in one line', async () => {
  const configuration = `${folder}/serverless.yml`
  const text = readFileSync(configuration, 'utf8')
  const line = 'serverless.yml changed: restart to apply it.\n'
  const mark = service.output().length
  await save(`${text}# A comment.\n`, line, configuration)
  await save(text, line, configuration)
  expect(service.output().slice(mark).split(line)).toHaveLength(3)
})

/** Saves a file and returns what the service prints after that, once it ends as expected. */
async function save(text: string, end: string, path = file): Promise<string> {
  const mark = service.output().length
  writeFileSync(path, text)
  await expect.poll(() => service.output().slice(mark), { timeout: PATIENCE_MS }).toContain(end)
  return service.output().slice(mark)
}
