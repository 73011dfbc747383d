import { afterAll, beforeAll, expect, test } from 'vitest'
import { smokeCommand } from '../../scripts/smoke/command.ts'
import { beginInProcess } from '../support/command.ts'
import { type Service, startService } from '../support/service.ts'

/** The smallest limits that the parameters allow. */
const SMALLEST = {
  limitUserAndSource: '1/999999',
  limitSource: '1/999999',
  limitKnownSource: '1/999999',
  limitUser: '1/999999',
  limitUserAndKnownSource: '1/999999',
}

let service: Service
beforeAll(async () => {
  service = await startService(SMALLEST)
})
afterAll(() => service.stop())

test('npm run smoke fails at no limit of one wrong password, run after run', async () => {
  const args = ['--local', '--url', service.url, '--endpoint', service.dynamoDbUrl]
  const run = () => beginInProcess(smokeCommand, args).outcome
  expect(await run()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^14 checks passed\. 1 skipped\./m),
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
