import { cpSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { type Copy, copyProject } from './own-route.ts'

/** The tests of the new functions, and the one that runs the sample event of every function. */
const OF_FUNCTIONS = ['--project=unit', 'functions/content', 'functions/sample-events.test.ts']

/** The tests that compare all functions and routes with each other. They start a service, and take three packages of the copy. */
const OF_SERVICE = [
  '--project=service',
  'test/http/description.test.ts',
  'test/infrastructure/own-route-over-http.test.ts',
  'test/infrastructure/template.test.ts',
]

/** Tests the edits of README's route and role in a copy of the project. */
export function testOwnRoute(): void {
  let copy: Copy
  beforeAll(() => {
    copy = copyProject()
    copy.addRoute()
    copy.addRole()
    cpSync(
      `${root}/test/infrastructure/own-route-over-http.ts`,
      `${copy.folder}/test/infrastructure/own-route-over-http.test.ts`,
    )
  })
  afterAll(() => copy.remove())

  test.each([
    ['their own tests', OF_FUNCTIONS],
    ['the tests that compare all routes', OF_SERVICE],
  ])(
    'README’s route and role pass %s',
    async (_, tests) => {
      const { status, output } = await copy.run('node_modules/.bin/vitest', ['run', ...tests])
      expect(status, output).toBe(0)
    },
    180_000,
  )

  test('README’s functions are within the default budget', async () => {
    const { status, output } = await copy.run('bench/budget.ts', [])
    expect(status, output).toBe(0)
    expect(output).toMatch(/^hello +[\d,]+ of 64,000 bytes$/m)
  })
}
