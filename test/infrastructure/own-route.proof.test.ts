import { expect, onTestFinished, test } from 'vitest'
import { copyProject } from './own-route.ts'
import { testOwnRoute } from './own-route-tests.ts'

testOwnRoute()

test('npm test passes in a copy of the project with the five edits of README’s route', async () => {
  const copy = copyProject()
  onTestFinished(() => copy.remove())
  copy.addRoute()
  const types = await copy.run('node_modules/.bin/tsc', [])
  expect(types.status, types.output).toBe(0)
  const { status, output } = await copy.run('node_modules/.bin/vitest', [
    'run',
    '--project=unit',
    '--project=service',
  ])
  console.log(output.match(/^.*(?:Test Files|Tests|Duration) .*$/gm)?.join('\n'))
  expect(status, output).toBe(0)
}, 600_000)

/** Tests of what has claims and attributes. */
const CLAIMED = ['lib/tokens', 'lib/users', 'lib/authorization', 'functions/account', 'functions/sessions']

test('the sources compile, and the tests beside them pass, with the claim of VERIFYING', async () => {
  const copy = copyProject()
  onTestFinished(() => copy.remove())
  copy.addClaim()
  const types = await copy.run('node_modules/.bin/tsc', [])
  expect(types.status, types.output).toBe(0)
  const { status, output } = await copy.run('node_modules/.bin/vitest', ['run', '--project=unit', ...CLAIMED])
  expect(status, output).toBe(0)
}, 600_000)
