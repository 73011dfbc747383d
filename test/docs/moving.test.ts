import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../support/operator.ts'
import { root } from '../support/service-description.ts'

/** What Cognito passes to its user migration trigger, as far as the program reads it. */
interface MigrationEvent {
  triggerSource: string
  userName: string
  request: { password: string }
  response: object
}

/** Loads the program for Cognito of docs/MOVING.md. */
async function loadTrigger(): Promise<(event: MigrationEvent) => Promise<MigrationEvent>> {
  const document = readFileSync(join(root, 'docs/MOVING.md'), 'utf8')
  const file = join(temporaryFolder(), 'trigger.mjs')
  writeFileSync(file, /^```js\n(.*?)^```$/ms.exec(document)?.[1] ?? '')
  vi.stubEnv('API', inject('serviceUrl'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return (await import(file)).handler
}

const event = (password: string, triggerSource = 'UserMigration_Authentication') => ({
  triggerSource,
  userName: 'user',
  request: { password },
  response: {},
})

test('the user migration trigger of MOVING.md takes the right password only', async () => {
  const trigger = await loadTrigger()
  expect(await trigger(event('user'))).toEqual({
    ...event('user'),
    response: {
      userAttributes: { email: 'user', email_verified: 'true' },
      finalUserStatus: 'CONFIRMED',
      messageAction: 'SUPPRESS',
    },
  })
  await expect(trigger(event('wrong'))).rejects.toThrow('Wrong username or password.')
  await expect(trigger(event('user', 'UserMigration_ForgotPassword'))).rejects.toThrow('Sign in first.')
})
