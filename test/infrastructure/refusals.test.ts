import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startAccount } from '../support/keys/account.ts'
import { cleanEnvironment, root } from '../support/service-description.ts'

/** Stands where AWS would be, and answers nothing but that it is not AWS. */
const aws = createServer((_request, response) => {
  calls += 1
  response.writeHead(500).end()
})
let calls: number
let awsUrl: string

beforeAll(async () => {
  await once(aws.listen(0, '127.0.0.1'), 'listening')
  awsUrl = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
})
afterAll(() => aws.close())
beforeEach(() => {
  calls = 0
})

/** What the framework says below its word `Error:` when it refuses, line by line. */
function refusalOf(commandLine: string, endpoint: string): Promise<string[]> {
  const credentials = { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' }
  const env = { ...cleanEnvironment(), ...credentials, AWS_ENDPOINT_URL: endpoint }
  const args = [`${root}/node_modules/.bin/sls`, ...commandLine.split(' ')]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) => {
      if (error?.code !== 1) return reject(new Error(`not refused: ${stdout}${stderr}`))
      resolve(stdout.split('Error:\n')[1]?.trim().split('\n') ?? [])
    })
  })
}

const NO_REGION = 'Say which region: give --region, or set AWS_REGION.'

test.each<[string, string[]]>([
  ['deploy --stage prod', [NO_REGION]],
  ['remove --stage prod', [NO_REGION]],
  [
    'deploy --stage prod --region eu-central-1 --package .results/package',
    ['Deploy without --package: a package does not know which key signs.'],
  ],
  ['deploy --stage Prod', ['The name of a stage must be 1 to 15 of a-z, 0-9 and hyphens.', NO_REGION]],
  [
    'deploy --stage p_d --region eu-central-1',
    ['Invalid stage name. Stage names may contain only ASCII letters, numbers, and hyphens.'],
  ],
  [
    'deploy --region eu-central-1 --param allowedOrigins=app.example.com --param memoryMb=64 --param tokenTTL=60',
    [
      'The parameter allowedOrigins must be *, or origins such as https://app.example.com, with commas between and nothing after the host or port.',
      'The parameter memoryMb must be whole megabytes from 128 to 10240.',
      'There is no parameter tokenTTL: those there are stand in serverless.yml.',
    ],
  ],
  [
    'package --stage prod --param publishedKeys=b',
    ['The key that signs is a, so the parameter publishedKeys must have it: a,b or a.'],
  ],
  [
    'offline --param sessionTtlSeconds=31536001',
    ['The parameter sessionTtlSeconds must be whole seconds from 60 to 31536000.'],
  ],
  [
    'invoke local -f login --param limitUser=100',
    ['The parameter limitUser must be failures/seconds, such as 5/900, both at least 1.'],
  ],
])('sls %s is refused in a line for each fault, and AWS is not called', async (commandLine, lines) => {
  expect(await refusalOf(commandLine, awsUrl)).toEqual(lines)
  expect(calls).toBe(0)
})

test('which key signs is for the stack to say, as it is deployed', async () => {
  const account = await startAccount()
  const madeAt = '2026-11-24T00:00:00.000Z'
  account.say({ signing: 'b', published: 'a,b', changedAt: madeAt, a: madeAt, b: madeAt })
  try {
    const command = 'deploy --stage prod --region eu-central-1 --param publishedKeys=a'
    expect(await refusalOf(command, account.url)).toEqual([
      'The key that signs is b, so the parameter publishedKeys must have it: a,b or b.',
    ])
  } finally {
    account.stop()
  }
})
