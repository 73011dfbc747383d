import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { keysCommand } from '../../scripts/keys/command.ts'
import { begin, beginInProcess, refusal } from '../support/process/command.ts'
import { root } from '../support/process/service-description.ts'
import { startAccount } from './keys/account.ts'

const account = await startAccount()
afterAll(() => account.stop())
beforeEach(() => account.reset())

const FIRST = '2027-01-14T10:00:00.000Z'
const LATER = '2027-01-15T10:00:00.000Z'

test('status prints which key signs, the state of the other one, and the next step', async () => {
  account.describe({ signing: 'b', published: 'a,b', a: FIRST, b: LATER, changedAt: LATER })
  expect(await run(['status', '--stage', 'prod'])).toEqual({
    status: 0,
    stdout: [
      'stage  prod in eu-central-1, deployed 2027-01-15T10:00:00.000Z',
      'signs  b, created 2027-01-15T10:00:00.000Z',
      'going  a, created 2027-01-14T10:00:00.000Z',
      'next   wait until 2027-01-15T10:36:00.000Z',
      '       Until then, tokens that key a signed may be valid.',
      '',
    ].join('\n'),
    stderr: '',
  })
})

test('status --json prints the same for programs', async () => {
  account.describe({ signing: 'b', published: 'b', b: FIRST, changedAt: LATER })
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

test('status reads a stack of another name, and the keys of the service', async () => {
  account.describe({ signing: 'b', published: 'b', b: FIRST, changedAt: LATER, stack: 'mine' })
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(1, 'Stage prod does not exist in eu-central-1.'),
  )
  const { status, stdout } = await run(['status', '--stage', 'prod', '--stack', 'mine', '--json'])
  expect({ status, madeAt: JSON.parse(stdout).madeAt }).toEqual({ status: 0, madeAt: { b: FIRST } })
})

const TURN_OVER = ['turn-over', '--stage', 'prod', '--', '--param', 'allowedOrigins=*']

test.each(['SIGINT', 'SIGTERM'] as const)(
  'turn-over prints until when and why it waits, and %s ends the process',
  async (signal) => {
    const changedAt = new Date().toISOString()
    account.describe({ signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt })
    const { child, outcome, printed } = begin('scripts/keys.ts', TURN_OVER, environment())
    // A turnover that should have ended must not keep waiting after a test that failed.
    onTestFinished(() => void child.kill('SIGKILL'))
    await printed('caches')
    child.kill(signal)
    const until = new Date(Date.parse(changedAt) + 7_800_000).toISOString()
    expect(await outcome).toEqual({
      status: 130,
      stdout: '',
      stderr: [
        `Waiting until ${until} (130 min).`,
        'Until then, caches may not have key b.',
        'Interrupted. Nothing was changed. Run the same command again to continue.',
        '',
      ].join('\n'),
    })
  },
)

test('turn-over refuses a stage with a deployment under way', async () => {
  account.describe({
    signing: 'a',
    published: 'a,b',
    a: FIRST,
    b: FIRST,
    changedAt: LATER,
    status: 'UPDATE_IN_PROGRESS',
  })
  expect(await run(['turn-over', '--stage', 'prod'])).toEqual(
    refusal(1, 'A deployment of stage prod is under way (UPDATE_IN_PROGRESS). Run this again after it.'),
  )
})

test('keys refuses a stage whose deployment failed, without key outputs, or unknown', async () => {
  const keys = { signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt: LATER }
  account.describe({ ...keys, status: 'UPDATE_ROLLBACK_FAILED' })
  expect(await run(['turn-over', '--stage', 'prod'])).toEqual(
    refusal(1, 'Stage prod is UPDATE_ROLLBACK_FAILED. Deploy it successfully first.'),
  )
  account.describe({ ...keys, signing: '' })
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(1, 'The stack has no outputs that name its keys. Deploy it with this version first.'),
  )
  account.reset()
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(1, 'Stage prod does not exist in eu-central-1.'),
  )
})

test('keys reports a key that KMS does not have', async () => {
  account.describe({ signing: 'a', published: 'a,b', a: FIRST, changedAt: LATER })
  expect(await run(['status', '--stage', 'prod'])).toEqual(
    refusal(3, 'KMS failed: NotFoundException Alias is not found.'),
  )
})

test.each([
  ['no stage', ['status'], 'Missing --stage <name>.'],
  ['no command', ['--stage', 'prod'], 'Missing command. Use --help for a list.'],
  ['an unknown command', ['turn', '--stage', 'prod'], 'Unknown command turn. Use --help for a list.'],
  [
    'a mistyped command',
    ['turnover', '--stage', 'prod'],
    'Unknown command turnover. Did you mean turn-over?',
  ],
  [
    'a mistyped option',
    ['turn-over', '--at-onec', '--stage', 'prod'],
    'Unknown option --at-onec. Did you mean --at-once?',
  ],
  ['an invalid stage', ['status', '--stage', 'Prod_1'], 'The name of a stage has only a-z, 0-9 and hyphens.'],
  [
    'an argument that is no option',
    ['turn-over', 'prod', '--stage', 'prod'],
    'prod is not an option. Options for the deployments follow a double dash.',
  ],
  [
    'a parameter that the turnover sets',
    ['turn-over', '--stage', 'prod', '--', '--param', 'signingKey=b'],
    'Remove signingKey. The turnover sets it itself.',
  ],
  [
    'another way to write that',
    ['turn-over', '--stage', 'prod', '--', '--param=publishedKeys=b'],
    'Remove publishedKeys. The turnover sets it itself.',
  ],
  [
    'another stage for the deployments',
    ['turn-over', '--stage', 'prod', '--', '--stage', 'dev'],
    'Write --stage, --region and --aws-profile before the double dash.',
  ],
])('keys refuses %s', async (_, args, line) => {
  expect(await run(args)).toEqual(refusal(2, line))
})

test('turn-over refuses a lifetime of tokens other than the deployed one', async () => {
  account.describe({
    signing: 'a',
    published: 'a,b',
    a: FIRST,
    b: FIRST,
    changedAt: new Date().toISOString(),
  })
  const args = ['turn-over', '--stage', 'prod', '--', '--param', 'tokenTtlSeconds=60']
  expect(await run(args)).toEqual(
    refusal(2, 'The deployed tokenTtlSeconds is 1800. Change it in a deployment before the turnover.'),
  )
})

test('--help lists every command and exits with 0', async () => {
  const { status, stdout, stderr } = await begin('scripts/keys.ts', ['--help']).outcome
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect([...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)).toEqual([
    'turn-over',
    'status',
    'help',
  ])
})

/** Makes a project with a script `deploy` and a framework of this text, and starts a turnover in its folder. */
function beginInProject(framework: string) {
  const folder = mkdtempSync(join(tmpdir(), 'project-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'serverless.yml'), 'service: serverless-jwt-auth\n')
  writeFileSync(join(folder, 'package.json'), '{"scripts":{"deploy":"sls deploy"}}')
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'sls'), `#!/usr/bin/env node\n${framework}`, { mode: 0o755 })
  account.describe({ signing: 'a', published: 'a,b', a: FIRST, b: FIRST, changedAt: LATER })
  const args = [...TURN_OVER.slice(0, 3), '--at-once', ...TURN_OVER.slice(3)]
  const env = { ...environment(), PATH: String(process.env.PATH) }
  return { folder, ...begin(join(root, 'scripts/keys.ts'), args, env, folder) }
}

test('turn-over deploys the project of its folder by its own script, with the keys as parameters', async () => {
  const { folder, outcome } = beginInProject(
    'console.log(JSON.stringify(process.argv.slice(2)), process.cwd())\nprocess.exit(1)\n',
  )
  const { status, stdout, stderr } = await outcome
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
  const options = ['deploy', '--stage', 'prod', '--region', 'eu-central-1']
  const parameters = ['signingKey=b', 'publishedKeys=a,b', 'tokenTtlSeconds=1800', 'allowedOrigins=*']
  const given = [...options, ...parameters.flatMap((one) => ['--param', one])]
  expect(stderr).toContain(`${JSON.stringify(given)} ${folder}\n`)
  expect(stderr).toContain('The deployment failed; see its output above.')
})

test('SIGINT ends the deployment of a turnover, also behind npm', async () => {
  const { child, outcome, printed } = beginInProject(
    "process.on('SIGINT', () => console.log('stopped') || process.exit(1))\nsetInterval(() => {}, 1e6)\nconsole.log('deploying')\n",
  )
  await printed('deploying')
  child.kill('SIGINT')
  const { status, stderr } = await outcome
  expect(status).toBe(130)
  expect(stderr).toContain('stopped\nInterrupted. AWS may still finish the deployment.')
})

const environment = (): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_REGION: 'eu-central-1',
  AWS_ENDPOINT_URL: account.url,
})

const run = async (args: string[]) => await beginInProcess(keysCommand, args, environment()).outcome
