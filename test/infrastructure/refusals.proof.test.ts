import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { awsPort, rejectionOf, testRefusals } from './refusals.ts'

testRefusals('all')

test('npm start --httpPort 3100 is rejected with the command that was meant', async () => {
  // What npm 11 makes of it: see plugins/options.test.ts.
  const variables = { npm_lifecycle_event: 'start', npm_config_httpport: 'true' }
  expect(await rejectionOf('offline start 3100', '', variables)).toEqual([
    'npm took --httpPort for its own option. Put -- before it: npm start -- --httpPort 3100',
  ])
})

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
