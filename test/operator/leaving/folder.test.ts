import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AwsCall } from '../../../lib/aws/client.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf, SERVICE } from '../../../lib/events/event.ts'
import { leave } from '../../../scripts/users/export/leave.ts'
import { refusal } from '../../support/process/command.ts'
import { readyHash, useStore } from '../../support/process/operator.ts'
import { io } from '../operator-races.ts'
import { addMovers, newFolder } from './movers.ts'

const store = await useStore()
const { secrets } = await addMovers(store.table, readyHash())
let folder: string
beforeEach(() => {
  folder = newFolder()
})

const SYSTEMS = ['json', 'better-auth', 'keycloak', 'supabase'] as const

const leaveFor = (system: string, ...more: string[]) =>
  store.run(['export', '--to', folder, '--for', system, ...more])

const written = () =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')

test.each(SYSTEMS)(
  'the files for %s have secrets only with --with-secrets, and are private',
  async (system) => {
    const former = process.umask(0)
    try {
      expect(await leaveFor(system)).toMatchObject({ status: 0 })
      for (const secret of secrets) expect(written()).not.toContain(secret)
      folder = newFolder()
      expect(await leaveFor(system, '--with-secrets')).toMatchObject({ status: 0 })
      for (const secret of secrets) expect(written()).toContain(secret)
    } finally {
      process.umask(former)
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  },
)

test('the event has the number of users and the system, and comes before the files', async () => {
  const before = await exportsOf('keycloak')
  const aws: AwsCall = async (service, action, input) => {
    if (JSON.stringify(input).includes('users.exported')) expect(readdirSync(`${folder}.partial`)).toEqual([])
    // The first secret is decrypted after the event.
    if (action === 'Decrypt') expect(await exportsOf('keycloak')).toHaveLength(before.length + 1)
    return await store.table.aws(service, action, input)
  }
  await leave({ ...store.table, aws }, { to: folder, for: 'keycloak', withSecrets: true }, io())
  const [event] = await exportsOf('keycloak')
  expect(event).toMatchObject({ actor: { S: 'operator' }, detail: { S: '6' }, ref: { S: 'keycloak' } })
  expect((await store.run(['events'])).stdout).toContain('exported 6 users for keycloak')
})

test('a folder may be named with a slash at the end', async () => {
  expect(await store.run(['export', '--to', `${folder}/`, '--for', 'json'])).toMatchObject({ status: 0 })
  expect(readdirSync(folder)).toEqual(['users.jsonl'])
  expect(await store.run(['export', '--to', `${folder}/`, '--for', 'json'])).toMatchObject({ status: 1 })
  expect(readdirSync(dirname(folder))).toEqual(['out'])
})

test('losses are counted and named before anything is written', async () => {
  const quiet = io()
  let printed = ''
  quiet.stderr.write = (text: string | Uint8Array) => {
    if (String(text).startsWith('This does')) expect(readdirSync(`${folder}.partial`)).toEqual([])
    printed += text
    return true
  }
  await leave(store.table, { to: folder, for: 'json', withSecrets: false }, quiet)
  expect(printed).toBe(
    'This does not move to json:\n  authenticator apps, without --with-secrets: 2 users (ada, bob@example.org)\n  recovery codes: 1 user (bob@example.org)\n',
  )
  // Who had only an app must add a factor at the first sign-in.
  const lines = written()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ username, mustEnrol }) => mustEnrol && username).filter(Boolean)).toEqual([
    'bob@example.org',
    'erin@example.org',
  ])
})

test.each([
  [
    'keycloak',
    [
      'recovery codes: 2 users (ada, bob@example.org)',
      'passkeys: 1 user (ada)',
      'capital letters of addresses: 1 user (ada)',
      'password hashes of the kind bcrypt: 1 user (carl)',
      'passwords that are still at the old place: 1 user (erin@example.org)',
      'password hashes of the kind PBKDF2: 1 user (fred@example.org)',
    ],
  ],
  [
    'supabase',
    [
      'recovery codes: 2 users (ada, bob@example.org)',
      'passkeys: 1 user (ada)',
      'usernames as login names: 2 users (ada, carl)',
      'capital letters of addresses: 1 user (ada)',
      'users, because they have no address: 1 user (dora)',
      'the duty to add a second factor: 1 user (erin@example.org)',
      'passwords that are still at the old place: 1 user (erin@example.org)',
      'password hashes of the kind PBKDF2: 1 user (fred@example.org)',
    ],
  ],
])('what %s cannot take is listed', async (system, lines) => {
  const { stderr } = await leaveFor(system, '--with-secrets')
  expect(stderr).toBe(`This does not move to ${system}:\n${lines.map((line) => `  ${line}\n`).join('')}`)
})

describe('a folder', () => {
  test('that exists is refused, also as a file, a link, or a folder that another export fills', async () => {
    const exists = refusal(1, `${folder} exists. Name a folder that does not.`)
    mkdirSync(folder)
    expect(await leaveFor('json')).toEqual(exists)
    expect(readdirSync(folder)).toEqual([])
    folder = newFolder()
    writeFileSync(folder, '')
    expect(await leaveFor('json')).toMatchObject({ status: 1 })
    folder = newFolder()
    symlinkSync('/nowhere', folder)
    expect(await leaveFor('json')).toMatchObject({ status: 1 })
    folder = newFolder()
    mkdirSync(`${folder}.partial`)
    const { stderr } = await leaveFor('json')
    expect(stderr).toContain('another export is writing there, or was interrupted.')
    expect(existsSync(`${folder}.partial`)).toBe(true)
    folder = join(folder, 'deeper')
    expect(await leaveFor('json')).toEqual(refusal(1, `Cannot write ${folder}: ENOENT.`))
  })

  test('takes one of two exports at once', async () => {
    const outcomes = await Promise.all([leaveFor('json'), leaveFor('json')])
    expect(outcomes.map(({ status }) => status).sort()).toEqual([0, 1])
    expect(readdirSync(dirname(folder))).toEqual(['out'])
  })

  test('is not left by an export that is interrupted', async () => {
    const { outcome, interrupt } = store.begin('export', '--to', folder, '--for', 'json')
    interrupt()
    expect(await outcome).toEqual(refusal(130, 'Interrupted. Nothing is left of the export.'))
    expect(readdirSync(dirname(folder))).toEqual([])
  })

  test('is not left by an export whose credentials may not decrypt', async () => {
    const aws: AwsCall = (service, action, input) =>
      service === 'kms' ? Promise.reject(new Error('denied')) : store.table.aws(service, action, input)
    const exported = leave({ ...store.table, aws }, { to: folder, for: 'json', withSecrets: true }, io())
    await expect(exported).rejects.toThrow('denied')
    expect(readdirSync(dirname(folder))).toEqual([])
  })
})

test.each([
  [['--to', 'x'], 'Use --for with one of cognito, better-auth, keycloak, supabase, json.'],
  [['--for', 'json'], 'Use --to DIR with --for and its options.'],
  [['--with-secrets'], 'Use --to DIR with --for and its options.'],
  [
    ['--to', 'x', '--for', 'json', '--output', 'y'],
    'Use either --to or --output. --force belongs to --output.',
  ],
  [
    ['--to', 'x', '--for', 'json', '--pool-header', 'y'],
    'Use --pool-header and --hash-column only with --for cognito.',
  ],
  [
    ['--to', 'x', '--for', 'cognito', '--with-secrets'],
    'Cognito takes no secrets. Leave --with-secrets out.',
  ],
])('%j is refused', async (args, line) => {
  expect(await store.run(['export', ...args])).toEqual(refusal(2, line))
})

const exportsOf = async (system: string) => {
  const events = await allItems({ ...store.table, name: eventsTableOf(store.table) }, 'Scan', {})
  return events.filter(({ pk, ref }) => Object(pk).S === SERVICE && Object(ref).S === system)
}
