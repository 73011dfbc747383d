import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { run, temporaryFolder } from '../support/process/operator.ts'
import { useService } from '../support/service.ts'
import { NEW_PASSWORD, PASSWORD, refresh, signIn, tokensOf } from '../support/users/sessions.ts'
import { addTestUser } from '../support/users/users.ts'

// The operator's clock is wrong, and the service's is right. Each user is an administrator whose tokens are stolen.

let cases = 0

vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()

const stores = await useService()
const { functions } = stores
const passwordHash = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))
afterEach(() => void vi.useRealTimers())
afterAll(() => console.log(`Skewed clocks: ${cases} cases`))

interface Case {
  /** Commands for a user, as words and standard input. `FILE` stands for an export with the user. */
  commands: (name: string) => [words: string, input?: string][]
  /** What the owner of the tokens may still do: refresh them, as a user with this name and role. */
  refreshes?: (name: string) => { username: string; role: string }
  /** Who signs in next, if the user is not disabled or removed. */
  next?: (name: string) => { username: string; password?: string; role?: string }
}

const same = (username: string) => ({ username, role: 'admin' })

const CASES: Record<string, Case> = {
  'set-password': {
    commands: (name) => [[`set-password ${name}`, NEW_PASSWORD]],
    next: (username) => ({ username, password: NEW_PASSWORD }),
  },
  'set-role': {
    commands: (name) => [[`set-role ${name} user`]],
    refreshes: (username) => ({ username, role: 'user' }),
    next: (username) => ({ username, role: 'user' }),
  },
  'set-role to the same role': {
    commands: (name) => [[`set-role ${name} admin`]],
    refreshes: same,
    next: same,
  },
  'end-sessions': { commands: (name) => [[`end-sessions ${name}`]], next: same },
  disable: { commands: (name) => [[`disable ${name}`]] },
  'disable and enable': { commands: (name) => [[`disable ${name}`], [`enable ${name}`]], next: same },
  enable: { commands: (name) => [[`enable ${name}`]], next: same },
  remove: { commands: (name) => [[`remove ${name} --yes`]] },
  'remove and add': {
    commands: (name) => [[`remove ${name} --yes`], [`add ${name}`, NEW_PASSWORD]],
    next: (username) => ({ username, password: NEW_PASSWORD, role: 'user' }),
  },
  'remove and import with the id': {
    commands: (name) => [[`remove ${name} --yes`], ['import FILE']],
    next: same,
  },
  rename: {
    commands: (name) => [[`rename ${name} new-${name}`]],
    refreshes: (name) => ({ username: `new-${name}`, role: 'admin' }),
    next: (name) => ({ username: `new-${name}` }),
  },
  'rename and add': {
    commands: (name) => [[`rename ${name} new-${name}`], [`add ${name}`, NEW_PASSWORD]],
    refreshes: (name) => ({ username: `new-${name}`, role: 'admin' }),
    next: (username) => ({ username, password: NEW_PASSWORD, role: 'user' }),
  },
  'set-email': {
    commands: (name) => [[`set-email ${name} ${name}@example.org`]],
    refreshes: same,
    next: (name) => ({ username: `${name}@example.org` }),
  },
}

const table = [-300, -120, 120, 300].flatMap((skewSeconds) =>
  Object.keys(CASES).map((name) => [name, skewSeconds] as const),
)

test.each(table)('after %s by a clock %i s wrong, stolen tokens are invalid', async (name, skewSeconds) => {
  cases += 1
  const { commands, refreshes, next } = CASES[name] as Case
  const username = `user-${cases}`
  await addTestUser(stores.table, { username, role: 'admin', passwordHash })
  const stolen = await signIn(functions, username)
  expect(await contextOf(stolen.authToken)).toMatchObject({ username, role: 'admin' })
  const file = join(temporaryFolder(), 'users.jsonl')
  const lines = (await runAt(0, 'export')).split('\n')
  writeFileSync(file, lines.find((line) => line.includes(`"username":"${username}"`)) ?? '')

  for (const [words, input] of commands(username)) {
    await runAt(skewSeconds, words.replace('FILE', file), input)
    expect(await functions.opens(stolen.authToken)).toBe(false)
  }

  const refreshed = await refresh(functions, stolen.refreshToken)
  if (refreshes) {
    expect(await contextOf(tokensOf(refreshed).authToken)).toMatchObject(refreshes(username))
  } else {
    expect(refreshed.status).toBe(401)
  }
  if (next) {
    const { password = PASSWORD, ...user } = { role: 'admin', ...next(username) }
    const own = await signIn(functions, user.username, password)
    expect(await contextOf(own.authToken)).toMatchObject({ role: user.role })
    expect((await refresh(functions, own.refreshToken)).status).toBe(200)
  } else {
    const response = await functions.ask('login', { body: { username, password: PASSWORD } })
    expect(response.status).toBe(401)
  }
  expect(await functions.opens(stolen.authToken)).toBe(false)
})

/** Runs a command of an operator whose clock is wrong. */
async function runAt(skewSeconds: number, words: string, input = ''): Promise<string> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skewSeconds * 1000 })
  const target = ['--local', '--endpoint', stores.aws.settings.endpoints.dynamodb.origin]
  const { status, stdout, stderr } = await run([...words.split(' '), ...target], input)
  vi.useRealTimers()
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

const contextOf = async (token: string) => (await functions.authorize(token)).context
