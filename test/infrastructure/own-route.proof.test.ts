import { expect, onTestFinished, test } from 'vitest'
import { copyProject } from './own-route.ts'
import { testOwnRoute } from './own-route-tests.ts'

testOwnRoute()

test('npm test passes in a copy of the project with the edits of README’s route and the claim of VERIFYING', async () => {
  const copy = copyProject()
  onTestFinished(() => copy.remove())
  copy.addRoute()
  copy.addClaim()
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
