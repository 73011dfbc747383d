import { cpSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { type Copy, copyProject } from './own-route.ts'

// The edits of README's route, of CONTRIBUTING's role and of VERIFYING's claim, in one copy of the project.

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

test('README’s functions are within the default budget', async () => {
  const { status, output } = await copy.run('bench/budget.ts', [])
  expect(status, output).toBe(0)
  expect(output).toMatch(/^hello +[\d,]+ of 64,000 bytes$/m)
})

describe('with the claim', () => {
  beforeAll(() => copy.addClaim())

  test('route, role and claim compile', async () => {
    const { status, output } = await copy.run('node_modules/.bin/tsc', [])
    expect(status, output).toBe(0)
  })

  /** The tests that compare all functions and routes, and those that read the claims of a token. They start a service, and take packages of the copy. */
  const OF_SERVICE = [
    '--project=service',
    'test/http/description.test.ts',
    'test/infrastructure/own-route-over-http.test.ts',
    'test/infrastructure/template.test.ts',
    'test/verifiers',
  ]

  test.each([
    ['all unit tests', ['--project=unit']],
    ['the tests of the service that know routes and claims', OF_SERVICE],
  ])(
    'route, role and claim pass %s',
    async (_, tests) => {
      const { status, output } = await copy.run('node_modules/.bin/vitest', ['run', ...tests])
      console.log(output.match(/^.*(?:Test Files|Tests|Duration) .*$/gm)?.join('\n'))
      expect(status, output).toBe(0)
    },
    600_000,
  )
})
