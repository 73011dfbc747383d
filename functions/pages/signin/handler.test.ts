import { afterEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../../test/support/lambda.ts'
import { handler } from './handler.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test.each([
  { MAILER: '', REGISTRATION: 'open', links: [] },
  { MAILER: 'mailer', REGISTRATION: 'off', links: ['forgot'] },
  { MAILER: 'mailer', REGISTRATION: 'invite', links: ['forgot'] },
  { MAILER: 'mailer', REGISTRATION: 'open', links: ['forgot', 'register'] },
])('the page links to $links with MAILER=$MAILER and REGISTRATION=$REGISTRATION', async (settings) => {
  const { links, ...environment } = settings
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const { body } = await handler(sampleEvent('signin.json'), lambdaContext())
  expect([...body.matchAll(/<a href="(forgot|register)">/g)].map(([, link]) => link)).toEqual(links)
  expect(body).not.toContain('<!--')
})
