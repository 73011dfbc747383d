import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { startAccount } from '../support/keys/account.ts'
import { awsPort, rejectionOf, testRefusals } from '../support/refusals.ts'

testRefusals('representatives')

test('a taken port is rejected with a command that starts the service on a free port', async () => {
  const [line = '', ...rest] = await rejectionOf(
    `offline start --httpPort ${awsPort} --host 127.0.0.1`,
    `http://127.0.0.1:${awsPort}`,
  )
  const [, other] = /: npm start -- --httpPort (\d+)$/.exec(line) ?? []
  expect(line).toBe(
    `Port ${awsPort} is in use. Start on another one: npm start -- --httpPort ${Number(other)}`,
  )
  expect(rest).toEqual([])
  const server = createServer()
  await once(server.listen(Number(other), '127.0.0.1'), 'listening')
  server.close()
})

test.each([
  [
    {},
    'No AWS credentials. Give --aws-profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  ],
  [
    { AWS_PROFILE: 'acme' },
    `Cannot read the deployed stack: AWS profile "acme" doesn't seem to be configured`,
  ],
])('a deployment without credentials, %j, is rejected with one line', async (profile, line) => {
  const none = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const command = 'deploy --stage prod --region eu-central-1'
  expect(await rejectionOf(command, `http://127.0.0.1:${awsPort}`, { ...none, ...profile })).toEqual([line])
})

test('the deployed stack determines which key signs', async () => {
  const account = await startAccount()
  const madeAt = '2026-11-24T00:00:00.000Z'
  account.describe({ signing: 'b', published: 'a,b', changedAt: madeAt, a: madeAt, b: madeAt })
  try {
    const command = 'deploy --stage prod --region eu-central-1 --param publishedKeys=a'
    expect(await rejectionOf(command, account.url)).toEqual([
      'The parameter publishedKeys must include the signing key b: a,b or b.',
    ])
  } finally {
    account.stop()
  }
})
