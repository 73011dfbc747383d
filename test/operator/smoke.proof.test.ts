import '../support/process/real-argon2.ts'
import { expect, test } from 'vitest'
import { smokeCommand } from '../../scripts/smoke/command.ts'
import { beginInProcess } from '../support/process/command.ts'
import { useLocalService } from '../support/process/local-service.ts'

/** The smallest limits that the parameters allow. */
const SMALLEST = {
  limitUserAndSource: '1/999999',
  limitSource: '1/999999',
  limitKnownSource: '1/999999',
  limitUser: '1/999999',
  limitUserAndKnownSource: '1/999999',
}
const [service, strict] = await Promise.all([
  useLocalService({ params: SMALLEST }),
  useLocalService({ params: { requireSecondFactor: 'all' } }),
])

test('npm run smoke enrols its user where every user must have a second factor', async () => {
  const args = ['--local', '--url', strict.url, '--endpoint', strict.dynamoDbUrl]
  const { status, stdout, stderr } = await beginInProcess(smokeCommand, args).outcome
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(
    /^skipped +new authenticator app: the sign-in required one, and added it\nok .* sign-in with the app$/m,
  )
  expect(stdout).toMatch(/^\d+ checks passed\. 9 skipped\./m)
})

test('npm run smoke fails at no limit of one wrong password, run after run', async () => {
  const args = ['--local', '--url', service.url, '--endpoint', service.dynamoDbUrl]
  const run = () => beginInProcess(smokeCommand, args).outcome
  expect(await run()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+ checks passed\. 1 skipped\./m),
    stderr: '',
  })
  expect(await run()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^skipped +401 for a wrong password: too many failed attempts from this address; retry after \d+ s$/m,
    ),
    stderr: '',
  })
})
