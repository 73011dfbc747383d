import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Copy, copyProject } from '../support/own-route.ts'
import { root } from '../support/service-description.ts'

// `own-route.proof.test.ts` runs all of `npm test` in such a copy.

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
  'test/http/description.test.ts',
  'test/infrastructure/template.test.ts',
  'test/support/own-route-over-http.test.ts',
]

test('README’s route and role pass their own tests, and those that compare all routes', async () => {
  const { status, output } = await copy.run('node_modules/.bin/vitest', [
    'run',
    '--project=unit',
    '--project=service',
    ...CONCERNED,
  ])
  expect(status, output).toBe(0)
}, 180_000)

test('README’s functions are within the default budget', async () => {
  const { status, output } = await copy.run('bench/budget.ts', [])
  expect(status, output).toBe(0)
  expect(output).toMatch(/^hello +[\d,]+ of 64,000 bytes$/m)
})
