import { expect, test } from 'vitest'
import { begin, refusal } from '../support/process/command.ts'

const jwtAuth = (...args: string[]) =>
  begin('packages/serverless-jwt-auth/bin/serverless-jwt-auth.ts', args).outcome

test('serverless-jwt-auth alone lists the commands, as --help does', async () => {
  const [alone, help] = await Promise.all([jwtAuth(), jwtAuth('--help')])
  expect(alone).toEqual(help)
  expect(alone).toMatchObject({ status: 0, stderr: '' })
  expect(alone.stdout).toMatch(/^Usage: npx --no serverless-jwt-auth <command>\n/)
  expect([...alone.stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual([
    'users',
    'clients',
    'providers',
    'events',
    'keys',
    'mail',
    'texts',
    'smoke',
  ])
})

test.each(['users', 'clients', 'providers', 'events', 'keys', 'mail', 'texts', 'smoke'])(
  'serverless-jwt-auth %s --help is that of the command',
  async (name) => {
    const { status, stdout } = await jwtAuth(name, '--help')
    expect({ status, usage: stdout.split(' [options]')[0] }).toEqual({ status: 0, usage: `Usage: ${name}` })
  },
)

test('serverless-jwt-auth gives options and exit status to the command', async () => {
  expect(await jwtAuth('users', 'list', '--local', '--endpoint', 'http://127.0.0.1:1')).toMatchObject({
    status: 3,
    stdout: '',
  })
  expect(await jwtAuth('mail', 'check')).toEqual(refusal(2, 'Missing --stage <name>.'))
})

test('serverless-jwt-auth --version prints a version', async () => {
  expect(await jwtAuth('--version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  })
})

test.each([
  ['user', 'Unknown command user. Did you mean users?'],
  ['deploy', 'Unknown command deploy. Use --help for a list.'],
  ['correct horse battery', 'Unknown command. Use --help for a list.'],
])('serverless-jwt-auth refuses the command %s', async (name, line) => {
  expect(await jwtAuth(name)).toEqual(refusal(2, line))
})
