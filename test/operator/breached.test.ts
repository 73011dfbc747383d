import { describe, expect, test } from 'vitest'
import { say } from '../support/aws/fake-aws.ts'
import { RANGE, rangeWith, startBreaches } from '../support/http/fake-breaches.ts'
import { refusal } from '../support/process/command.ts'
import { PASSWORD, run, useStore } from '../support/process/operator.ts'

const store = await useStore()
await store.run(['add', 'ada'], PASSWORD)

const KNOWN = 'a password in a breach'
const refused = refusal(1, 'Invalid password: Must not be a password from a known data breach.')

describe('a new password that an operator chooses', () => {
  const local = (command: string[], password: string, BREACHED_PASSWORDS: string) =>
    run([...command, '--local', '--endpoint', store.endpoint], password, { BREACHED_PASSWORDS })

  test('is refused if it is known from a data breach, and nothing is changed', async () => {
    const { api } = await startBreaches(rangeWith(KNOWN, 3))
    const before = await store.items()
    expect(await local(['add', 'grace'], KNOWN, api.href)).toEqual(refused)
    expect(await local(['set-password', 'ada'], KNOWN, api.href)).toEqual(refused)
    expect(await store.items()).toEqual(before)
  })

  test('is set if it is not', async () => {
    const { api, received } = await startBreaches(RANGE)
    expect(await local(['set-password', 'ada'], 'a quite different one', api.href)).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(received).toHaveLength(1)
  })

  test('is set with a warning during an outage', async () => {
    const { api } = await startBreaches(say(503, ''))
    expect(await local(['set-password', 'ada'], KNOWN, api.href)).toEqual({
      status: 0,
      stdout: 'ada has a new password. All sessions have ended.\n',
      stderr: 'The password was not checked against known data breaches: status 503.\n',
    })
  })

  test('needs a valid setting', async () => {
    expect(await local(['set-password', 'ada'], KNOWN, 'perhaps')).toEqual(
      refusal(2, 'Invalid configuration: BREACHED_PASSWORDS must be on or off'),
    )
  })
})
