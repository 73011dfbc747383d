import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Application } from '../project/define-auth.ts'
import { ROOT } from '../project/origin.ts'
import { applicationDataBy } from './application-data.ts'
import { filesIn } from './functions/functions.ts'
import { pageFilesBy } from './page-files.ts'

const SENTENCES = readFileSync(join(ROOT, 'plugins/config/sentences.txt'), 'utf8').trimEnd().split('\n')
const WORDS = 'My own words.'
const LOGO = '<svg id="own-logo"/>'

/** An application without own words and logo, and one with both. */
const PLAIN: Application = { roles: ['member'], administrators: [] }
const OWN: Application = {
  ...PLAIN,
  theme: { logo: LOGO },
  words: { en: Object.fromEntries(SENTENCES.map((sentence) => [sentence, WORDS])) },
}

const pathOf = (handler: string) => join(ROOT, handler.replace(/\.\w+$/, '.ts'))

/** The functions that every request passes, or that a project adds. */
const SMALL = [
  'functions/authorizer.handler',
  'functions/sessions/login.handler',
  'functions/content/user-content.handler',
  'functions/content/admin-content.handler',
].map(pathOf)

const ALL = filesIn(ROOT).flatMap((file) =>
  Object.values<{ handler: string }>(parse(readFileSync(join(ROOT, file), 'utf8'))).map(({ handler }) =>
    pathOf(handler),
  ),
)

test('only functions that show sentences have words, and only those of pages and mails a theme', async () => {
  const before = await bundlesOf(PLAIN, SMALL)
  const after = await bundlesOf(OWN, new Set([...ALL, ...SMALL]))
  console.log(`${SENTENCES.length} sentences in own words, ${after.size} functions`)
  const having = (text: string) => [...after].flatMap(([name, code]) => (code.includes(text) ? [name] : []))
  expect(having(WORDS).sort()).toEqual(['account-pages', 'authorize', 'console', 'docs', 'mailer', 'signin'])
  expect(having('own-logo').sort()).toEqual([
    'account-pages',
    'authorize',
    'console',
    'docs',
    'mailer',
    'signin',
  ])
  expect([...before.keys()].filter((name) => after.get(name) !== before.get(name))).toEqual([])
  expect(before.size).toBe(4)
})

/** Returns the bundle of each function, by the name of its file. */
async function bundlesOf(application: Application, files: Iterable<string>): Promise<Map<string, string>> {
  const bundles = await Promise.all([...files].map((file) => bundleOf(application, file)))
  return new Map(bundles)
}

/** Builds one function, as a deployment does: only so does it get its own words. */
async function bundleOf(application: Application, file: string): Promise<[name: string, code: string]> {
  const { outputFiles } = await build({
    entryPoints: [file],
    plugins: [
      pageFilesBy(async () => application === OWN),
      applicationDataBy(() => ({ application, faults: [] })),
    ],
    external: ['hash-wasm', 'bcryptjs', 'swagger-ui-dist'],
    bundle: true,
    minify: true,
    platform: 'node',
    outdir: 'unused',
    write: false,
  })
  return [basename(file, '.ts'), String(outputFiles[0]?.text)]
}
