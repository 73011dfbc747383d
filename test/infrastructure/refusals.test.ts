import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAccount } from '../support/keys/account.ts'
import { cleanEnvironment, root } from '../support/service-description.ts'

/** Stands in for AWS, counts the calls, and responds to each with an error. */
const aws = createServer((_request, response) => {
  calls += 1
  response.writeHead(500).end()
})
let calls = 0
let awsPort: number

beforeAll(async () => {
  await once(aws.listen(0, '127.0.0.1'), 'listening')
  awsPort = (aws.address() as AddressInfo).port
})
afterAll(() => aws.close())

/** Returns what is printed when a command is rejected. The framework prints its own lines below `Error:`. */
function rejectionOf(commandLine: string, endpoint: string, variables = {}): Promise<string[]> {
  const credentials = { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' }
  const env = { ...cleanEnvironment(), ...credentials, ...variables, AWS_ENDPOINT_URL: endpoint }
  const args = [`${root}/node_modules/.bin/sls`, ...commandLine.split(' ')]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) => {
      if (error?.code !== 1) return reject(new Error(`not rejected: ${stdout}${stderr}`))
      const [, lines = `${stdout}${stderr}`] = stdout.split('Error:\n')
      resolve(
        lines
          .replace(/^(Deploying|Packaging) .*/m, '')
          .trim()
          .split('\n'),
      )
    })
  })
}

const NO_REGION = 'No region. Give --region, or set AWS_REGION.'

test.each<[string, string[]]>([
  ['deploy --stage prod', [NO_REGION]],
  ['remove --stage prod', [NO_REGION]],
  [
    'deploy --stage prod --region eu-central-1 --package .results/package',
    ['Deploy without --package. A package does not know which key signs.'],
  ],
  ['deploy --stage Prod', ['The name of a stage must be 1 to 15 of a-z, 0-9 and hyphens.', NO_REGION]],
  [
    'deploy --stage p_d --region eu-central-1',
    ['Invalid stage name. Stage names may contain only ASCII letters, numbers, and hyphens.'],
  ],
  [
    'deploy --region eu-central-1 --param allowedOrigins=app.example.com --param memoryMb=64 --param tokenTTL=60',
    [
      'The parameter allowedOrigins must be *, or origins such as https://app.example.com, separated by commas, with nothing after the host or port.',
      'The parameter memoryMb must be whole megabytes from 128 to 10240.',
      'Unknown parameter tokenTTL. Did you mean tokenTtlSeconds?',
    ],
  ],
  [
    'package --stage prod --param publishedKeys=b',
    ['The parameter publishedKeys must include the signing key a: a,b or a.'],
  ],
  [
    'offline --param sessionTtlSeconds=31536001 --htpPort 3100',
    [
      'Unknown option --htpPort. Did you mean --httpPort?',
      'The parameter sessionTtlSeconds must be whole seconds from 60 to 31536000.',
    ],
  ],
  ['offline start --httpPort http', ['--httpPort must be a number from 1 to 65535, such as 3000.']],
  [
    'invoke local -f login --param limitUser=100',
    ['The parameter limitUser must be attempts/seconds, such as 10/900, with 1 to 10000 attempts.'],
  ],
])('sls %s is rejected with one line for each fault, before AWS is called', async (commandLine, lines) => {
  expect(await rejectionOf(commandLine, `http://127.0.0.1:${awsPort}`)).toEqual(lines)
  expect(calls).toBe(0)
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

test('npm start --httpPort 3100 is rejected with the command that was meant', async () => {
  // What npm 11 makes of it: see plugins/options.test.ts.
  const variables = { npm_lifecycle_event: 'start', npm_config_httpport: 'true' }
  expect(await rejectionOf('offline start 3100', '', variables)).toEqual([
    'npm took --httpPort for its own option. Put -- before it: npm start -- --httpPort 3100',
  ])
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
