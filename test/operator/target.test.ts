import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { findUserByName } from '../../lib/users/store.ts'
import { startLocalAws } from '../../local/aws.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { beginInProcess, refusal, success } from '../support/process/command.ts'
import { PASSWORD, run, temporaryFolder, useStore } from '../support/process/operator.ts'
import { describeService, tableResources } from '../support/process/service-description.ts'
import { OPERATOR_ARN, startStack } from './describe-stacks.ts'

const store = await useStore()

const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' }

test.each(['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL'])(
  '--stage selects the users of that stage, at %s, in the region of the environment',
  async (variable) => {
    const { AWS_ENDPOINT_URL: AWS_ENDPOINT_URL_STS } = await startStack('none', undefined)
    const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_STS, [variable]: store.endpoint }
    const username = variable.toLowerCase()
    const outcome = await run(['add', username, '--stage', 'other'], PASSWORD, env)
    expect(outcome).toEqual(success(`Added ${username} with role user.\n`))
    const user = await findUserByName(store.tableOf('other'), username)
    expect(user).toMatchObject({ username })
    const { events } = await eventsOfUser(store.tableOf('other'), String(user?.id), { limit: 2 })
    expect(events).toMatchObject([
      { type: 'user.created', actor: 'operator', actorId: OPERATOR_ARN, via: 'users add', detail: 'user' },
    ])
    expect(await store.user(username)).toBeUndefined()
  },
)

test('--stage changes nothing while AWS does not say whose credentials these are', async () => {
  // Not STS.
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: store.endpoint }
  const outcome = await run(['add', 'nameless', '--stage', 'other'], PASSWORD, env)
  expect(outcome).toMatchObject({ status: 3, stdout: '' })
  expect(outcome.stderr).toMatch(
    /^AWS does not say whose credentials these are \(sts:GetCallerIdentity: \w+\)\. Nothing was changed\.\n$/,
  )
  expect(await findUserByName(store.tableOf('other'), 'nameless')).toBeUndefined()
})

const NO_REGION = 'Missing AWS region. Use --region, AWS_REGION, or region in the AWS profile.'

test('--aws-profile gives credentials and region, and the target may precede the command', async () => {
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
  const env = {
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
  }
  // The credential chain of AWS's SDK reads the environment of the process.
  vi.stubEnv('AWS_CONFIG_FILE', file)
  onTestFinished(() => void vi.unstubAllEnvs())
  const list = (...target: string[]) => run([...target, 'list', '--json'], '', env)
  expect(await list('--stage', 'other', '--aws-profile', 'acme')).toMatchObject({ status: 0, stderr: '' })
  expect(await list('--stage', 'other', '--profile', 'bare', '--region', 'eu-west-1')).toMatchObject({
    status: 0,
    stderr: '',
  })
  expect(await list('--stage', 'other', '--profile', 'bare')).toEqual(refusal(2, NO_REGION))
  const missing = (name: string) =>
    refusal(2, `AWS profile ${name} does not exist in ${file} or ${env.AWS_SHARED_CREDENTIALS_FILE}.`)
  expect(await list('--stage', 'other', '--aws-profile', 'amce')).toEqual(missing('amce'))
  expect(await run(['list', '--stage', 'other'], '', { ...env, AWS_PROFILE: 'gone' })).toEqual(
    missing('gone'),
  )
})

test.each([
  ['a terminal', { columns: 80 }],
  ['a pipe', {}],
])('the address of the local table is the first line of standard error at %s', async (_, terminal) => {
  const args = ['show', 'ghost', '--local', '--endpoint', store.endpoint]
  const { outcome, rawStderr } = beginInProcess(usersCommand, args, {}, terminal)
  expect(await outcome).toEqual(refusal(1, 'User ghost does not exist.'))
  expect(rawStderr()).toBe(`Using the table at ${store.endpoint}.\nUser ghost does not exist.\n`)
})

test('a stage on AWS has no such line', async () => {
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
  const { outcome, rawStderr } = beginInProcess(usersCommand, ['list', '--json', '--stage', 'other'], env)
  expect(await outcome).toMatchObject({ status: 0 })
  expect(rawStderr()).toBe('')
})

const noTarget = (words: string) =>
  `Missing target. Use --local or --stage NAME after the double dash: npm run users -- ${words} --local`

test.each([
  ['no target', [], noTarget('list')],
  ['two targets', ['--stage', 'other', '--local'], 'Use either --stage NAME or --local, not both.'],
  ['an invalid stage', ['--stage', 'Other_1'], 'The name of a stage has only a-z, 0-9 and hyphens.'],
  ['a missing region', ['--stage', 'other'], NO_REGION],
  ['an invalid region', ['--stage', 'other', '--region', 'example.com/'], NO_REGION],
  [
    'a region of the local service',
    ['--local', '--region', 'eu-west-1'],
    'Use --region and --aws-profile only with --stage.',
  ],
  [
    'an endpoint of AWS',
    ['--stage', 'other', '--endpoint', 'http://127.0.0.1:1'],
    'Use --endpoint only with --local. For AWS, set AWS_ENDPOINT_URL_DYNAMODB.',
  ],
  [
    'an endpoint that is not a URL',
    ['--local', '--endpoint', '8000'],
    'Invalid --endpoint. Use a URL such as http://127.0.0.1:49152.',
  ],
])('users refuses %s', async (_, target, line) => {
  expect(await run(['list', ...target])).toEqual(refusal(2, line))
})

test.each([
  [['add', 'ada'], 'add ada'],
  [['add', 'ada', '--role', 'admin'], 'add ada …'],
  [['--region', 'eu-west-1', 'set-role', 'ada', 'admin'], 'set-role ada admin'],
  [['import', '-', '--dry-run'], 'import - …'],
  [['import', 'my users.csv'], 'import …'],
  [['list', `--filter=${PASSWORD}`], 'list …'],
])('users %j without a target shows the command that was typed', async (args, words) => {
  const outcome = await run(args)
  expect(outcome).toEqual(refusal(2, noTarget(words)))
  expect(outcome.stderr).not.toContain(PASSWORD)
})

test.each([
  ['no command', [], 'Missing command. Use --help for a list.'],
  ['an unknown command', ['frobnicate'], 'Unknown command frobnicate. Use --help for a list.'],
  ['a mistyped command', ['lst'], 'Unknown command lst. Did you mean list?'],
  ['a mistyped command with two candidates', ['eable'], 'Unknown command eable. Did you mean enable?'],
  ['a mistyped option', ['list', '--jsno'], 'Unknown option --jsno. Did you mean --json?'],
  [
    'an unknown option with a password',
    ['add', 'ada', `--password=${PASSWORD}`],
    'Unknown option --password. Use --help for a list.',
  ],
  [
    'a password as an argument',
    ['add', 'ada', PASSWORD],
    "Too many arguments for 'add'. Expected 1 argument but got 2.",
  ],
  [
    'an invalid username',
    ['add', PASSWORD],
    'Invalid username: Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
  ],
  ...[
    ['add', '--', '--help'],
    ['rename', 'ada', '--', '--help'],
  ].map((args): [string, string[], string] => [
    `${args[0]} with a name that begins with a hyphen`,
    args,
    'Invalid username: Must not begin with a hyphen, or contain %, !, =? or misplaced dots before the @.',
  ]),
  ['an invalid address', ['set-email', 'ada', PASSWORD], 'Invalid address: Must be an e-mail address.'],
  ['no address', ['set-email', 'ada', '--local'], 'Use either an address or --remove.'],
  [
    'an address to set and to remove',
    ['set-email', 'ada', 'ada@example.org', '--remove'],
    'Use either an address or --remove.',
  ],
  ['a missing username', ['show'], 'Missing username.'],
  ['an unknown role', ['set-role', 'ada', PASSWORD], `Invalid role. Use one of ${ROLES.join(', ')}.`],
  [
    'an unknown role in an option',
    ['add', 'ada', '--role', PASSWORD],
    `Invalid --role. Use one of ${ROLES.join(', ')}.`,
  ],
  [
    'a mistyped role',
    ['set-role', 'ada', 'amdin'],
    `Invalid role. Use one of ${ROLES.join(', ')}. Did you mean admin?`,
  ],
  [
    'a mistyped role in an option',
    ['add', 'ada', '--role', 'amdin'],
    `Invalid --role. Use one of ${ROLES.join(', ')}. Did you mean admin?`,
  ],
  ['a command of another program', ['delete', 'ada'], 'Unknown command delete. Did you mean remove?'],
  ['a mistyped command', ['lisst'], 'Unknown command lisst. Did you mean list?'],
  ['an option without its value', ['list', '--limit'], "Option '--limit <count>' argument missing"],
])('users refuses %s in one line without a password', async (_, args, line) => {
  const outcome = await run(args)
  expect(outcome).toEqual(refusal(2, line))
  expect(outcome.stderr).not.toContain(PASSWORD)
})

test('users says when a stage is not deployed', async () => {
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
  expect(await run(['list', '--stage', 'nowhere'], '', env)).toEqual(
    refusal(
      3,
      'The store failed: ResourceNotFoundException Requested resource not found. Is this stage deployed in this region?',
    ),
  )
})

test('users says when nothing listens at an endpoint', async () => {
  const stopped = await useStore()
  stopped.stop()
  const { port } = new URL(stopped.endpoint)
  expect(await stopped.run(['list'])).toEqual(
    refusal(3, `Nothing listens on port ${port}. Leave --endpoint out: --local finds the local service.`),
  )
})

/** Starts a server that is not DynamoDB, and returns its port. */
async function startOther(respond: RequestListener): Promise<number> {
  const server = createServer(respond)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test.each<[string, RequestListener]>([
  [
    'FastAPI',
    (_, response) =>
      void response.writeHead(405, { server: 'uvicorn' }).end('{"detail":"Method Not Allowed"}'),
  ],
  ['Django', (_, response) => void response.writeHead(403).end('<h1>Forbidden (403)</h1>')],
  ['a server that accepts everything', (_, response) => void response.end('{"Items":[]}')],
  ['a server that closes the connection', (request) => void request.socket.destroy()],
])('users says that %s is not DynamoDB', async (_, respond) => {
  const port = await startOther(respond)
  expect(await run(['list', '--local', '--endpoint', `http://127.0.0.1:${port}`])).toEqual(
    refusal(
      3,
      `Port ${port} is open, but it is not DynamoDB. Leave --endpoint out: --local finds the local service.`,
    ),
  )
})

test('--local finds the tables of the running service, also of another stage', async () => {
  const local = await startLocalAws(
    [
      ...tableResources(describeService(), 'notes-prod'),
      ...tableResources(describeService(), 'notes-prod-archive').slice(0, 1),
    ],
    'eu-central-1',
  )
  onTestFinished(() => local.stop())
  const endpoint = local.settings.endpoints.dynamodb.origin
  const list = (...args: string[]) => run(['list', '--json', '--local', '--endpoint', endpoint, ...args])
  expect(await list('--service', 'notes')).toMatchObject({ status: 0, stderr: '' })
  expect(await list()).toEqual(
    refusal(
      3,
      `The service at ${endpoint} is not serverless-jwt-auth. Leave --endpoint out, or give --service NAME.`,
    ),
  )
})

test('--local refuses to guess between tables of several stages', async () => {
  const names = ['notes-blue', 'notes-green']
  const local = await startLocalAws(
    names.flatMap((name) => tableResources(describeService(), name)),
    'eu-central-1',
  )
  onTestFinished(() => local.stop())
  const target = ['--local', '--endpoint', local.settings.endpoints.dynamodb.origin]
  expect(await run(['list', ...target, '--service', 'notes'])).toEqual(
    refusal(3, `Several tables may be that of the users: ${names.join(', ')}.`),
  )
})

test('--stage takes the name of the service from --service', async () => {
  const env = { ...keys, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
  const list = (service: string) => run(['list', '--json', '--stage', 'other', '--service', service], '', env)
  expect(await list('serverless-jwt-auth')).toMatchObject({ status: 0 })
  expect(await list('notes')).toMatchObject({ status: 3, stdout: '' })
  expect(await list('$NAME')).toEqual(
    refusal(2, 'The name of a service has only letters, digits and hyphens.'),
  )
})
