import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copySources } from '../support/process/checkout.ts'
import { begin } from '../support/process/command.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'

// A service in English, German and Dutch, started from its files. German comes with the service, Dutch is a draft.

let folder: string
let service: Service
beforeAll(async () => {
  mkdirSync(`${root}/.results`, { recursive: true })
  folder = mkdtempSync(`${root}/.results/languages-`)
  copySources(folder)
  configure({ languages: ['en', 'de', 'nl'], texts: { nl: 'texts/nl.json' } })
  await texts('nl')
  write({ ...read(), 'Sign in': 'Inloggen', draft: true })
  service = await startService({ demo: 'off' }, [], folder)
})
afterAll(async () => {
  await service?.stop()
  rmSync(folder, { recursive: true })
})

const configure = (members: object) =>
  writeFileSync(
    `${folder}/auth.config.ts`,
    `export default ${JSON.stringify({ roles: ['user', 'admin'], administrators: ['admin'], serviceName: 'Notes', ...members })}\n`,
  )
const file = () => `${folder}/texts/nl.json`
const read = () => JSON.parse(readFileSync(file(), 'utf8'))
const write = (texts: object) => writeFileSync(file(), JSON.stringify(texts))
const texts = (...words: string[]) => begin('scripts/texts.ts', words, {}, folder).outcome

async function pageOf(path: string, language: string) {
  const response = await fetch(`${service.url}/${path}`, { headers: { 'Accept-Language': language } })
  expect(response.status).toBe(200)
  return { html: await response.text(), vary: response.headers.get('Vary') }
}

/** Returns the script of a page. */
async function scriptOf(html: string) {
  const [, file] = /src="(signin\/plain[^"]+\.js)"/.exec(html) ?? []
  return await (await fetch(`${service.url}/${file}`)).text()
}

test('a browser that prefers German gets a German page and script', async () => {
  const { html, vary } = await pageOf('signin', 'de')
  expect(html.startsWith('<!doctype html>\n<html lang="de" dir="ltr">')).toBe(true)
  expect(html).toContain('<title>Anmelden · Notes</title>')
  expect(vary).toContain('Accept-Language')
  expect(await scriptOf(html)).toContain('"You are signed out.":"Sie sind abgemeldet."')
})

test('a browser that prefers English or French gets an English page and script', async () => {
  for (const language of ['en', 'fr']) {
    const { html } = await pageOf('signin', language)
    expect(html.startsWith('<!doctype html>\n<html lang="en" dir="ltr">')).toBe(true)
    expect(html).toContain('<title>Sign in · Notes</title>')
    expect(await scriptOf(html)).not.toContain('ownWords=')
  }
})

test('a draft has its words, and English in place of the others', async () => {
  const { html } = await pageOf('signin', 'nl')
  expect(html).toContain('<html lang="nl" dir="ltr">')
  expect(html).toContain('<title>Inloggen · Notes</title>')
  expect(html).toContain('<label for="password">Password</label>')
})

const FIRST = [
  'lang=%22%3E%3Cscript%3Ealert(1)%3C/script%3E',
  'lang=__proto__',
  'lang[]=de',
  'lang=de&lang=%22%3E%3Cscript%3Ealert(1)%3C/script%3E',
  'lang=',
]
console.log(`${FIRST.length} parameters that are no language`)

test.each(FIRST)('?%s leads to the first language, and is not in the page', async (query) => {
  expect(await pageOf(`signin?${query}`, '')).toEqual(await pageOf('signin', ''))
})

test('without its draft, the service does not start, and the command still runs', async () => {
  const { draft: _, ...others } = read()
  write(others)
  const empty = Object.values(others).filter((words) => words === '').length
  const line = `texts/nl.json: ${empty} sentences have no words: `
  const users = await begin('scripts/users.ts', ['--help'], {}, folder).outcome
  expect(users).toMatchObject({ status: 1, stdout: '' })
  expect(users.stderr).toContain(line)
  const { 'Sign in': words } = others
  write({ 'Sign in': words })
  const missing = await begin('scripts/users.ts', ['--help'], {}, folder).outcome
  expect(missing.stderr).toMatch(
    /^texts\/nl\.json: \d+ sentences are missing: .* and \d+ others\. Run: npm run texts -- nl\n$/,
  )
  expect(await texts('nl')).toMatchObject({ status: 0, stderr: '' })
  expect(Object.keys(read())).toEqual(Object.keys(others))
})
