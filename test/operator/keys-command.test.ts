import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { begin as beginCommand } from '../support/command.ts'
import { startAccount } from '../support/keys/account.ts'

let account: Awaited<ReturnType<typeof startAccount>>

beforeAll(async () => {
  account = await startAccount()
})
afterAll(() => account.stop())
beforeEach(() => account.reset())

function begin(args: string[], env: Record<string, string> = {}) {
  const command = beginCommand('scripts/keys.ts', args, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: account.url,
    ...env,
  })
  // A turnover that should have ended must not wait on after a test that failed.
  onTestFinished(() => void command.child.kill('SIGKILL'))
  return command
}

const run = async (args: string[], env: Record<string, string> = {}) => await begin(args, env).outcome
const refusal = (status: number, line: string) => ({ status, stdout: '', stderr: `${line}\n` })

const FIRST = '2027-01-14T10:00:00.000Z'
const LATER = '2027-01-15T10:00:00.000Z'

test('status tells which key signs, what the other one is, and what comes next', async () => {
  account.say({ signing: 'b', published: 'a,b', a: FIRST, b: LATER, changedAt: LATER })
  expect(await run(['status', '--stage', 'prod'])).toEqual({
    status: 0,
    stdout: [
      'stage    prod in eu-central-1, deployed 2027-01-15T10:00:00.000Z',
      'signs    b, made 2027-01-15T10:00:00.000Z',
      'going    a, made 2027-01-14T10:00:00.000Z',
      'turn-over would wait until 2027-01-15T10:36:00.000Z: the last tokens that key a signed are good until then',
      '',
    ].join('\n'),
    stderr: '',
  })
})

test('status --json says the same to programs', async () => {
  account.say({ signing: 'b', published: 'b', b: FIRST, changedAt: LATER })
  const { status, stdout, stderr } = await run([
    'status',
    '--json',
    '--stage',
    'prod',
    '--region',
    'eu-west-1',
  ])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    stage: 'prod',
    region: 'eu-west-1',
    signingKey: 'b',
    otherKey: 'gone',
    madeAt: { b: FIRST },
    tokenTtlSeconds: 1800,
    settledAt: LATER,
    next: { do: 'deploy', signingKey: 'b', publishedKeys: 'a,b' },
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a turnover that waits says until when and why, and %s ends it without harm',
  async (signal) => {
    const now = new Date().toISOString()
    account.say({ signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt: now })
    const { child, outcome, told } = begin([
      'turn-over',
      '--stage',
      'prod',
      '--',
      '--param',
      'allowedOrigins=*',
    ])
    await told('known')
    child.kill(signal)
    const until = new Date(Date.parse(now) + 900_000).toISOString()
    expect(await outcome).toEqual({
      status: 130,
      stdout: '',
      stderr: [
        `Waiting until ${until} (15 min): not everybody may have known key b before.`,
        'Interrupted: everything stays as it is. Run the same command again to go on.',
        '',
      ].join('\n'),
    })
  },
)

test('a stage that is just being deployed is left alone', async () => {
  account.say({
    signing: 'a',
    published: 'a,b',
    a: FIRST,
    b: FIRST,
    changedAt: LATER,
    status: 'UPDATE_IN_PROGRESS',
  })
  expect(await run(['turn-over', '--stage', 'prod'])).toEqual(
    refusal(1, 'Stage prod is being changed right now (UPDATE_IN_PROGRESS). Run this again after it.'),
  )
})

test('so is one that was not deployed whole, is older than the command, or is not there', async () => {
  const keys = { signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt: LATER }
  account.say({ ...keys, status: 'UPDATE_ROLLBACK_FAILED' })
  expect(await run(['turn-over', '--stage', 'prod'])).toEqual(
    refusal(1, 'Stage prod is UPDATE_ROLLBACK_FAILED. Deploy it whole first.'),
  )
  account.say({ ...keys, signing: '' })
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(1, 'The stage does not say which key signs. Deploy it once with this version first.'),
  )
  account.reset()
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(1, 'There is no stage prod in eu-central-1.'),
  )
})

test('a key that KMS does not have is told in one line', async () => {
  account.say({ signing: 'a', published: 'a,b', a: FIRST, changedAt: LATER })
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(3, 'KMS failed: NotFoundException Alias is not found.'),
  )
})

test.each([
  ['no stage', ['status'], "required option '--stage <name>' not specified"],
  ['no command', ['--stage', 'prod'], 'Give a command; --help lists them.'],
  ['an unknown command', ['turn', '--stage', 'prod'], "unknown command 'turn'"],
  [
    'a stage that can be none',
    ['status', '--stage', 'Prod_1'],
    'A stage is named with a-z, 0-9 and hyphens.',
  ],
  [
    'an argument that is no option',
    ['turn-over', 'prod', '--stage', 'prod'],
    'Not an option: prod. Options for the deployments follow a double dash.',
  ],
  [
    'a parameter that is the turnover\u2019s own',
    ['turn-over', '--stage', 'prod', '--', '--param', 'signingKey=b'],
    'Leave signingKey out: a turnover gives it itself.',
  ],
  [
    'another way to write that',
    ['turn-over', '--stage', 'prod', '--', '--param=publishedKeys=b'],
    'Leave publishedKeys out: a turnover gives it itself.',
  ],
  [
    'another stage for the deployments',
    ['turn-over', '--stage', 'prod', '--', '--stage', 'dev'],
    'Give stage, region and profile before the double dash, as for the command itself.',
  ],
])('%s is a mistake that one line tells', async (_, args, line) => {
  expect(await run(args)).toEqual(refusal(2, line))
})

test('a lifetime of tokens other than the deployed one is refused: nobody would know how long to wait', async () => {
  account.say({ signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt: new Date().toISOString() })
  const args = ['turn-over', '--stage', 'prod', '--', '--param', 'tokenTtlSeconds=60']
  expect(await run(args)).toEqual(
    refusal(
      2,
      'Tokens live for 1800 seconds as deployed. Change tokenTtlSeconds by a deployment of its own.',
    ),
  )
})

test('help tells every command, and ends well', async () => {
  const { status, stdout, stderr } = await run(['--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect([...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)).toEqual([
    'turn-over',
    'status',
    'help',
  ])
})
