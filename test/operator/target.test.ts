import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findUser } from '../../lib/users/store.ts'
import { PASSWORD, run, type Store, startStore, temporaryFolder } from '../support/operator.ts'

let store: Store

beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const refusal = (status: number, line: string) => ({ status, stdout: '', stderr: `${line}\n` })
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' }

test.each(['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL'])(
  '--stage runs the accounts of that stage, at %s, in the region of the environment',
  async (variable) => {
    const env = { ...keys, AWS_REGION: 'eu-west-1', [variable]: store.endpoint }
    const username = variable.toLowerCase()
    const outcome = await run(['add', username, '--stage', 'other'], PASSWORD, env)
    expect(outcome).toEqual({ status: 0, stdout: `Added ${username} with role user.\n`, stderr: '' })
    expect(await findUser(store.tableOf('other'), username)).toMatchObject({ username })
    expect(await store.user(username)).toBeUndefined()
  },
)

test('credentials and region may come from a profile, and the target may stand before the command', async () => {
  const file = join(temporaryFolder(), 'config')
  const profile = ['aws_access_key_id = AKIDEXAMPLE', 'aws_secret_access_key = example']
  writeFileSync(
    file,
    [
      '[default]',
      'output = json',
      '[profile acme]',
      'region = eu-west-3',
      ...profile,
      '[profile bare]',
      ...profile,
    ].join('\n'),
  )
  const env = { AWS_CONFIG_FILE: file, AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
  const list = (...target: string[]) => run([...target, 'list', '--json'], '', env)
  expect(await list('--stage', 'other', '--profile', 'acme')).toMatchObject({ status: 0, stderr: '' })
  expect(await list('--stage', 'other', '--profile', 'bare', '--region', 'eu-west-1')).toMatchObject({
    status: 0,
    stderr: '',
  })
  expect(await list('--stage', 'other', '--profile', 'bare')).toEqual(
    refusal(2, 'Say which region: --region, AWS_REGION, or region in the AWS profile.'),
  )
})

test.each([
  ['neither stage nor --local', [], 'Say whose accounts: either --stage NAME or --local.'],
  ['both', ['--stage', 'other', '--local'], 'Say whose accounts: either --stage NAME or --local.'],
  ['a stage that can be none', ['--stage', 'Other_1'], 'A stage is named with a-z, 0-9 and hyphens.'],
  [
    'no region',
    ['--stage', 'other'],
    'Say which region: --region, AWS_REGION, or region in the AWS profile.',
  ],
  [
    'a region that can be none',
    ['--stage', 'other', '--region', 'example.com/'],
    'Say which region: --region, AWS_REGION, or region in the AWS profile.',
  ],
  [
    'no credentials',
    ['--stage', 'other', '--region', 'eu-west-1'],
    'No AWS credentials: Could not load credentials from any providers',
  ],
  [
    'a region of the local service',
    ['--local', '--region', 'eu-west-1'],
    '--region and --profile go with --stage; the local service has neither.',
  ],
  [
    'an endpoint of AWS',
    ['--stage', 'other', '--endpoint', 'http://127.0.0.1:1'],
    '--endpoint goes with --local; for AWS set AWS_ENDPOINT_URL_DYNAMODB.',
  ],
  [
    'an endpoint that is none',
    ['--local', '--endpoint', '8000'],
    '--endpoint must be a URL such as http://127.0.0.1:8000.',
  ],
])('%s is a mistake that one line tells', async (_, target, line) => {
  expect(await run(['list', ...target])).toEqual(refusal(2, line))
})

test.each([
  ['no command', [], 'Give a command; --help lists them.'],
  ['an unknown command', ['ad'], "unknown command 'ad'"],
  ['an unknown option', ['add', 'ada', `--password=${PASSWORD}`], "unknown option '--password'"],
  [
    'a password as an argument',
    ['add', 'ada', PASSWORD],
    "too many arguments for 'add'. Expected 1 argument but got 2.",
  ],
  [
    'a username that can be none',
    ['add', PASSWORD],
    'Not a username: 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.',
  ],
  ['a username that is missing', ['show'], "missing required argument 'username'"],
  [
    'an unknown role',
    ['set-role', 'ada', 'king'],
    "command-argument value 'king' is invalid for argument 'role'. Allowed choices are user, admin.",
  ],
])('%s is refused in one line that holds no password', async (_, args, line) => {
  const { status, stdout, stderr } = await store.run(args)
  expect({ status, stdout, stderr: stderr.replace(/ \(Did you mean.*/, '') }).toEqual(refusal(2, line))
  expect(stderr).not.toContain(PASSWORD)
})

test('help tells every command, and ends well', async () => {
  const { status, stdout, stderr } = await run(['--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)
  expect(commands).toEqual([
    'add',
    'list',
    'show',
    'set-role',
    'set-password',
    'disable',
    'enable',
    'remove',
    'sessions',
    'end-sessions',
    'import',
    'export',
    'help',
  ])
})

test('a stage that is not deployed, and a service that does not run, are told in one line', async () => {
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
  expect(await run(['list', '--stage', 'nowhere'], '', env)).toEqual(
    refusal(
      3,
      'The store failed: ResourceNotFoundException Requested resource not found. Is this stage deployed in this region?',
    ),
  )
  const stopped = await startStore()
  stopped.stop()
  const { port } = new URL(stopped.endpoint)
  expect(await stopped.run(['list'])).toEqual(
    refusal(3, `The store failed: connect ECONNREFUSED 127.0.0.1:${port}. Is the service running there?`),
  )
})
