import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Copy, copyProject } from '../support/own-route.ts'
import { root } from '../support/service-description.ts'

// `own-route.proof.test.ts` runs the whole of `npm test` in such a copy.

let copy: Copy
beforeAll(() => {
  copy = copyProject()
  copy.addRoute()
  copy.addRole()
  const seed = readFileSync(`${copy.folder}/local/aws.ts`, 'utf8')
  const editor = `  { username: 'editor', role: 'editor' },\n`
  writeFileSync(
    `${copy.folder}/local/aws.ts`,
    seed.replace(/^export const DEMO_USERS.*\n/m, (line) => line + editor),
  )
  cpSync(
    `${root}/test/support/own-route-over-http.ts`,
    `${copy.folder}/test/support/own-route-over-http.test.ts`,
  )
})
afterAll(() => copy.remove())

/** The tests that a new route concerns: its own, and those that compare all functions and routes with each other. */
const CONCERNED = [
  'functions/content',
  'functions/sample-events.test.ts',
  'lib/users',
  'test/http/description.test.ts',
  'test/support/own-route-over-http.test.ts',
  'test/infrastructure/template.test.ts',
  'test/infrastructure/bundles.test.ts',
  'test/infrastructure/alarms.test.ts',
]

test('README’s route and role pass their own tests, and those of the whole service', async () => {
  const { status, output } = await copy.run('node_modules/.bin/vitest', [
    'run',
    '--project=unit',
    '--project=service',
    ...CONCERNED,
  ])
  expect(status, output).toBe(0)
})

test('README’s functions are within the default budget', async () => {
  const { status, output } = await copy.run('bench/budget.ts', [])
  expect(status, output).toBe(0)
  expect(output).toMatch(/^hello +[\d,]+ of 64,000 bytes$/m)
})
