import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

// Each test file that imports this has another stand-in for AWS.

/** Stands in for AWS, counts the calls, and responds to each with an error. */
const aws = createServer((_request, response) => {
  calls += 1
  response.writeHead(500).end()
})
let calls = 0
export let awsPort: number

beforeAll(async () => {
  await once(aws.listen(0, '127.0.0.1'), 'listening')
  awsPort = (aws.address() as AddressInfo).port
})
afterAll(() => aws.close())

/** Returns what is printed when a command is rejected. The framework prints its own lines below `Error:`. */
export function rejectionOf(
  commandLine: string,
  endpoint: string,
  variables = {},
  cwd = root,
): Promise<string[]> {
  const credentials = { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' }
  const env = { ...cleanEnvironment(), ...credentials, ...variables, AWS_ENDPOINT_URL: endpoint }
  const args = [`${root}/node_modules/.bin/sls`, ...commandLine.split(' ')]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) => {
      if (error?.code !== 1) return reject(new Error(`not rejected: ${stdout}${stderr}`))
      const [, lines = `${stdout}${stderr}`] = stdout.split('Error:\n')
      resolve(
        lines
          .replace(/^(Deploying|Packaging|Bundling) .*/m, '')
          .trim()
          .split('\n'),
      )
    })
  })
}

type Row = [commandLine: string, lines: string[]]

const NO_REGION = 'No region. Give --region, or set AWS_REGION.'

/** A command line of the local service, with a fault of an option and one of a parameter. */
const REPRESENTATIVES: Row[] = [
  [
    'offline --param sessionTtlSeconds=31536001 --htpPort 3100',
    [
      'Unknown option --htpPort. Did you mean --httpPort?',
      'The parameter sessionTtlSeconds must be whole seconds from 60 to 31536000.',
    ],
  ],
]

const OTHERS: Row[] = [
  ['remove --stage prod', [NO_REGION]],
  [
    'deploy --region eu-central-1 --param allowedOrigins=app.example.com --param memoryMb=64 --param pages=yes --param tokenTTL=60',
    [
      'The parameter allowedOrigins must be *, or origins such as https://app.example.com, separated by commas, with nothing after the host or port.',
      'The parameter memoryMb must be whole megabytes from 128 to 10240.',
      'The parameter pages must be on or off.',
      'Unknown parameter tokenTTL. Did you mean tokenTtlSeconds?',
      'The parameter oauth needs pages=on, because users sign in on a page.',
      'The parameter console needs pages=on, because operators sign in on a page.',
      'The parameter federation needs pages=on, because users choose a provider on a page.',
    ],
  ],
  [
    'package --stage prod --param publishedKeys=b',
    ['The parameter publishedKeys must include the signing key a: a,b or a.'],
  ],
  [
    'invoke local -f login --param limitUser=100',
    ['The parameter limitUser must be attempts/seconds, such as 10/900, with 1 to 10000 attempts.'],
  ],
  ['deploy --stage prod', [NO_REGION]],
  [
    'package --stage prod --region us-gov-west-1',
    ['The service cannot be deployed to us-gov-west-1: it works in the commercial partition of AWS only.'],
  ],
  [
    'deploy --stage prod --region eu-central-1 --package .results/package',
    ['Deploy without --package. A package does not know which key signs.'],
  ],
  ['deploy --stage Prod', ['The name of a stage must be 1 to 15 of a-z, 0-9 and hyphens.', NO_REGION]],
  [
    'deploy --stage p_d --region eu-central-1',
    ['Invalid stage name. Stage names may contain only ASCII letters, numbers, and hyphens.'],
  ],
  ['offline start --httpPort http', ['--httpPort must be a number from 1 to 65535, such as 3000.']],
]

/**
 * Tests that the framework rejects command lines. Each one starts a process. The rules themselves have tests in
 * `plugins`.
 *
 * @param mass - Whether all command lines are tested, or one with two faults.
 */
export function testRefusals(mass: 'representatives' | 'all'): void {
  const rows = mass === 'all' ? [...REPRESENTATIVES, ...OTHERS] : REPRESENTATIVES
  afterAll(() => console.log(`${rows.length} rejected command lines`))
  test.each(rows)(
    'sls %s is rejected with one line for each fault, before AWS is called',
    async (commandLine, lines) => {
      expect(await rejectionOf(commandLine, `http://127.0.0.1:${awsPort}`)).toEqual(lines)
      expect(calls).toBe(0)
    },
  )
}
