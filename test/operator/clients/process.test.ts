import { expect, test } from 'vitest'
import { begin, refusal } from '../../support/process/command.ts'
import { proof } from '../../support/rows.ts'
import { CALLBACK, HINT, run, useClients } from './clients.ts'

// What only a real process shows. The other tests run the commands in their own process.

const store = await useClients()

test('--help lists every command', async () => {
  const { status, stdout, stderr } = await run(['--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)
  expect(commands).toEqual([
    'add',
    'list',
    'show',
    'set',
    'new-secret',
    'disable',
    'enable',
    'end-grants',
    'remove',
    'add-api',
    'list-apis',
    'show-api',
    'set-api',
    'remove-api',
    'events',
    'help',
  ])
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('a secret is on standard output alone', async () => {
  const { child, outcome } = store.beginProcess('add', 'shop', '--type', 'web', '--redirect-uri', CALLBACK)
  child.stdin.end()
  const { status, stdout, stderr } = await outcome
  expect({ status, stderr }).toEqual({ status: 0, stderr: HINT })
  const [, secret = ''] = /^client_secret {2}([\w-]{43})$/m.exec(stdout) ?? []
  expect(await store.accepts('shop', secret)).toBe(true)
})

test('without a target, the line has the name of this command', async () => {
  expect(await run(['add', 'shop', '--type', 'web'])).toEqual(
    refusal(
      2,
      'Missing target. Use --local or --stage NAME after the double dash: npm run clients -- add shop … --local',
    ),
  )
})

test.each([
  [['ad'], 'Unknown command ad. Did you mean add?'],
  [['list', '--jsno'], 'Unknown option --jsno. Did you mean --json?'],
  [[], 'Missing command. Use --help for a list.'],
  [['show'], 'Missing id.'],
])('%j is one line', async (args, line) => {
  expect(await run(args)).toEqual(refusal(2, line))
})

proof('missing AWS credentials are reported in one line', async () => {
  const { outcome } = begin('scripts/clients.ts', ['list', '--stage', 'other', '--region', 'eu-west-1'])
  expect(await outcome).toEqual(
    refusal(2, 'No AWS credentials: Could not load credentials from any providers.'),
  )
})
