import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { transact } from '../../lib/aws/dynamodb.ts'
import { findIdentities, findIdentityUser, identityIdOf, linkWrites } from '../../lib/federation/identity.ts'
import { startHashers } from '../../scripts/users/import/hashes/hashers.ts'
import { addRow } from '../../scripts/users/import/import-users.ts'
import { success } from '../support/process/command.ts'
import { readyHash, temporaryFolder, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

const store = await useStore()
beforeEach(() => store.clear())

const GOOGLE = {
  provider: 'google',
  issuer: 'https://accounts.google.com',
  subject: '1084',
  label: 'ada@gmail.example',
  createdAt: '2026-01-31T12:00:00.000Z',
}
const ACME = { ...GOOGLE, provider: 'acme', issuer: 'https://acme.example', lastUsedAt: GOOGLE.createdAt }
const ada = { username: 'ada', role: 'user', passwordHash: readyHash() }

test('import adds the identities of a user with the user, from both formats', async () => {
  const lines = { ...ada, identities: [GOOGLE, ACME] }
  expect(await store.run(['import', fileOf('users.jsonl', JSON.stringify(lines))])).toEqual(added(1))
  const id = (await store.user('ada'))?.id ?? ''
  const byProvider = (await findIdentities(store.table, id)).sort((a, b) =>
    a.provider < b.provider ? -1 : 1,
  )
  expect(byProvider).toEqual([ACME, GOOGLE].map((one) => ({ id: identityIdOf(one), ...one })))
  expect(await findIdentityUser(store.table, identityIdOf(GOOGLE))).toBe(id)

  const cell = JSON.stringify([{ ...GOOGLE, subject: '1085' }]).replaceAll('"', '""')
  const csv = fileOf(
    'users.csv',
    `username;role;passwordHash;identities\nbob;user;${ada.passwordHash};"${cell}"`,
  )
  expect(await store.run(['import', csv])).toEqual(added(1))
  expect(await findIdentities(store.table, (await store.user('bob'))?.id ?? '')).toHaveLength(1)
})

test.each([false, true])('an identity belongs to one user, with a dry run %s', async (isDryRun) => {
  const dryRun = isDryRun ? ['--dry-run'] : []
  const carl = { ...ada, username: 'carl', identities: [GOOGLE] }
  await store.run(['import', fileOf('users.jsonl', JSON.stringify(carl))])
  const lines = [
    { ...ada, identities: [GOOGLE] },
    { ...ada, username: 'bob', identities: [ACME] },
    { ...ada, username: 'dora', identities: [{ ...ACME, label: 'dora' }] },
    carl,
  ].map((line) => JSON.stringify(line))
  const { stderr } = await store.run(['import', fileOf('users.jsonl', ...lines), ...dryRun])
  expect(stderr.split('\n').slice(0, 3).sort()).toEqual([
    'line 1: identities: Another user has one of them.',
    'line 3: Same identity as line 2.',
    'line 4: Same identity as line 1.',
  ])
  expect(await store.user('ada')).toBeUndefined()
})

test('an identity that another command links first leaves no part of the user', async () => {
  const other = await addTestUser(store.table, { username: 'other', passwordHash: readyHash() })
  const before = await store.items()
  const aws: AwsCall = async (service, action, input) => {
    if (action === 'TransactWriteItems') await transact(store.table, linkWrites(other.id, GOOGLE))
    return await store.table.aws(service, action, input)
  }
  const values = {
    username: 'ada',
    email: undefined,
    emailVerified: false,
    role: 'user',
    disabled: false,
  } as const
  const settle = addRow({ ...store.table, aws }, startHashers(), () => new Date())
  const account = { values, identities: [GOOGLE], passwordHash: readyHash() }
  expect(await settle(account, 1)).toEqual({ fault: 'identities: Another user has one of them.' })
  expect(await store.items()).toHaveLength(before.length + 2)
})

test.each([
  ['{}', 'Must be a list of identities.'],
  [[{ ...GOOGLE, subject: 'ä' }], '0.subject: Must be 1 to 255 characters of ASCII.'],
  [[{ ...GOOGLE, subject: '' }], '0.subject: Must be 1 to 255 characters of ASCII.'],
  [[{ ...GOOGLE, issuer: 'http://a.example' }], '0.issuer: Must be an https address.'],
  [[{ ...GOOGLE, provider: 'G' }], '0.provider: Must be the id of a provider.'],
  [[{ ...GOOGLE, label: 'a\u009b' }], '0.label: Must be 1 to 320 characters without control characters.'],
  [[{ ...GOOGLE, createdAt: 'today' }], '0.createdAt: Must be a UTC time such as 2026-01-31T12:00:00.000Z.'],
  [[GOOGLE, { ...GOOGLE, label: 'b' }], 'Repeats an identity.'],
  [
    Array.from({ length: 11 }, (_, subject) => ({ ...GOOGLE, subject: `${subject}` })),
    'Must be at most 10 identities.',
  ],
])('the identities %j are refused', async (identities, fault) => {
  const file = fileOf('users.jsonl', JSON.stringify({ ...ada, identities }))
  const { stderr } = await store.run(['import', file])
  const place = /^\d/.test(fault) ? 'identities.' : 'identities: '
  expect(stderr).toBe(`line 1: ${place}${fault}\nThe invalid lines were skipped.\n`)
  expect(await store.items()).toEqual([])
})

const added = (count: number) => success(`${count} added, 0 already there, 0 invalid.\n`)

function fileOf(name: string, ...lines: string[]): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}
