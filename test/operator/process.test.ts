import '../support/process/real-argon2.ts'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { Io } from '../../scripts/cli/io.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { begin, refusal, success } from '../support/process/command.ts'
import { PASSWORD, useStore } from '../support/process/operator.ts'
import { root } from '../support/process/service-description.ts'
import { proof } from '../support/rows.ts'

// What only a real process shows. The other tests run the commands in their own process.

const store = await useStore()

const users = (...args: string[]) => begin('scripts/users.ts', args)

test('--help lists every command and exits with 0', async () => {
  const { status, stdout, stderr } = await users('--help').outcome
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const listed = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)
  const { commands } = usersCommand({} as Io)
  expect(commands.length).toBeGreaterThan(15)
  expect(listed).toEqual([...commands.map((command) => command.name()), 'help'])
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('a password through a pipe reaches the process, which exits with 0', async () => {
  const { child, outcome } = store.beginProcess('add', 'piped')
  child.stdin.end(`${PASSWORD}\n`)
  expect(await outcome).toEqual(success('Added piped with role user.\n'))
  expect(await store.canLogIn('piped', PASSWORD)).toBe(true)
})

proof('an error is one line, and the process exits with its status', async () => {
  const refused = store.beginProcess('show', 'ghost')
  const wrong = users('list')
  const failed = users('list', '--local', '--endpoint', 'http://127.0.0.1:1')
  expect(await refused.outcome).toEqual(refusal(1, 'User ghost does not exist.'))
  expect(await wrong.outcome).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^Missing target\..*\n$/),
  })
  expect(await failed.outcome).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/^Nothing listens .*\n$/),
  })
})

proof('missing AWS credentials are reported in one line', async () => {
  const { outcome } = users('list', '--stage', 'other', '--region', 'eu-west-1')
  expect(await outcome).toEqual(
    refusal(2, 'No AWS credentials: Could not load credentials from any providers.'),
  )
})

proof('a reader that closes the pipe early ends the process without a message', async () => {
  const { child, outcome } = store.beginProcess('list', '--json')
  child.stdout.destroy()
  expect(await outcome).toMatchObject({ status: 3, stderr: '' })
})

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false

/** Runs a command at a terminal, which `script` of util-linux provides. */
function atTerminal(...args: string[]) {
  const words = [process.execPath, 'scripts/users.ts', ...args, '--local', '--endpoint', store.endpoint]
  const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], { cwd: root })
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk
  })
  return {
    child,
    screen: () => screen,
    shows: async (words: string) => {
      while (!screen.includes(words)) await once(child.stdout, 'data')
    },
    ended: once(child, 'close').then(([status]) => status),
  }
}

test.skipIf(!hasScript)('a terminal never shows the password that is typed', async () => {
  const { child, screen, shows, ended } = atTerminal('add', 'typed')
  await shows('New password of typed:')
  child.stdin.write(`${PASSWORD}\r`)
  await shows('Repeat the password:')
  child.stdin.write(`${PASSWORD}\r`)
  expect(await ended).toBe(0)
  expect(screen()).toContain('A password has 15 to 128 characters.')
  expect(screen()).toContain('Added typed with role user.')
  expect(screen()).not.toContain('correct')
  expect(await store.canLogIn('typed', PASSWORD)).toBe(true)
})

test.skipIf(!hasScript)('Ctrl-C at a prompt exits with 130 and changes nothing', async () => {
  const { child, screen, shows, ended } = atTerminal('add', 'stopped')
  await shows('New password of stopped:')
  child.stdin.write('\u0003')
  expect(await ended).toBe(130)
  expect(screen()).toContain('Interrupted. Nothing was changed.')
  expect(await store.user('stopped')).toBeUndefined()
})

test.skipIf(!hasScript)('the end of the input at a prompt exits with 130 and changes nothing', async () => {
  const { child, screen, shows, ended } = atTerminal('remove', 'piped')
  await shows('Remove piped?')
  child.stdin.end()
  expect(await ended).toBe(130)
  expect(screen()).toContain('Interrupted. Nothing was changed.')
  expect(screen()).not.toContain('Warning')
  expect(await store.user('piped')).toBeDefined()
})
