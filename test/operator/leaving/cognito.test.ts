import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateUserImportJobRequest$,
  PasswordHashingAlgorithmType,
} from '@aws-sdk/client-cognito-identity-provider'
import { beforeEach, expect, test } from 'vitest'
import { refusal } from '../../support/process/command.ts'
import { readyHash, temporaryFolder, useStore } from '../../support/process/operator.ts'
import { addMover, addMovers, newFolder } from './movers.ts'

const store = await useStore()
const hash = readyHash()
beforeEach(() => store.clear())

/** The header of AWS's page, with the hashes in a column of this name. */
const HEADER = [
  ...[
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
  ],
  ...[
    'email',
    'email_verified',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'phone_number',
    'phone_number_verified',
  ],
  ...['address', 'updated_at', 'cognito:mfa_enabled', 'cognito:username'],
]
const HASHES = 'cognito:password_hash'

test('each row is as the import demands, with the hash', async () => {
  await addMovers(store.table, hash)
  const { folder, stderr } = await leave([...HEADER, HASHES, 'custom:id', 'custom:role', 'custom:externalId'])
  expect(readdirSync(folder).sort()).toEqual([
    'argon2id-1.csv',
    'argon2id-1.json',
    'no-password-1.csv',
    'no-password-1.json',
  ])
  const rows = rowsOf(folder, 'argon2id-1')
  expect(rows.map((row) => row['cognito:username'])).toEqual(['ada', 'bob@example.org'])
  expect(rowsOf(folder, 'no-password-1').map((row) => row['cognito:username'])).toEqual(['fred@example.org'])
  for (const row of [...rows, ...rowsOf(folder, 'no-password-1')]) {
    expect(row).toMatchObject({
      'cognito:mfa_enabled': 'FALSE',
      email_verified: 'TRUE',
      email: expect.stringMatching(/@/),
    })
    expect(row.updated_at).toBe(String(Date.parse('2026-04-01T10:00:00.000Z') / 1000))
  }
  expect(rows[0]).toMatchObject({
    email: 'Ada@Example.org',
    [HASHES]: hash,
    'custom:role': 'admin',
    'custom:externalId': 'auth0|1',
  })
  for (const [name, algorithm] of [
    ['argon2id-1', 'ARGON2ID'],
    ['no-password-1', undefined],
  ] as const) {
    const job = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
    expect(job).toEqual({ JobName: name, ...(algorithm && { PasswordHashingAlgorithm: algorithm }) })
    // What AWS's own model of the request has.
    expect(CreateUserImportJobRequest$[4]).toEqual(expect.arrayContaining(Object.keys(job)))
    expect(job.JobName).toMatch(/^[\w\s+=,.@-]{1,128}$/)
  }
  expect(Object.values(PasswordHashingAlgorithmType)).toEqual(expect.arrayContaining(['ARGON2ID', 'BCRYPT']))
  expect(stderr).toBe(
    [
      'This does not move to cognito:',
      '  createdAt, without a column custom:createdAt: 3 users (ada, bob@example.org, fred@example.org)',
      '  authenticator apps: 2 users (ada, bob@example.org)',
      '  recovery codes: 2 users (ada, bob@example.org)',
      '  passkeys: 1 user (ada)',
      '  identities at providers: 1 user (ada)',
      '  users, because they are disabled: 1 user (carl)',
      '  users, because they have no verified address: 2 users (dora, erin@example.org)',
      '  password hashes of the kind PBKDF2: 1 user (fred@example.org)',
      '',
    ].join('\n'),
  )
})

test('hashes of bcrypt have a job of their own', async () => {
  const address = { email: 'ada@example.org', emailVerified: true }
  await addMover(store.table, { username: 'ada', ...address, passwordHash: `$2b$10$${'a'.repeat(53)}` })
  const { folder } = await leave([...HEADER, HASHES])
  expect(JSON.parse(readFileSync(join(folder, 'bcrypt-1.json'), 'utf8'))).toMatchObject({
    PasswordHashingAlgorithm: 'BCRYPT',
  })
  expect(rowsOf(folder, 'bcrypt-1')).toHaveLength(1)
})

test('the column of the hashes comes from the header or from the operator', async () => {
  const file = headerOf(HEADER)
  const args = ['export', '--to', newFolder(), '--for', 'cognito', '--pool-header', file]
  expect(await store.run(args)).toEqual(
    refusal(2, `${file} does not say which column has the hashes. Use --hash-column.`),
  )
  await addMovers(store.table, hash)
  const { folder } = await leave(HEADER, '--hash-column', 'cognito:hash')
  expect(rowsOf(folder, 'argon2id-1')[0]).toMatchObject({ 'cognito:hash': hash })
})

test.each([
  ['no JSON', 'is not the output of aws cognito-idp get-csv-header.'],
  [JSON.stringify({ CSVHeader: ['a,b'] }), 'is not the output of aws cognito-idp get-csv-header.'],
  [JSON.stringify({ CSVHeader: HEADER.filter((name) => name !== 'email') }), 'has no column email.'],
])('a header %s is refused', async (text, fault) => {
  const file = join(temporaryFolder(), 'header.json')
  writeFileSync(file, text)
  const folder = newFolder()
  expect(await store.run(['export', '--to', folder, '--for', 'cognito', '--pool-header', file])).toEqual(
    refusal(2, `${file} ${fault}`),
  )
  const missing = await store.run(['export', '--to', folder, '--for', 'cognito'])
  expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('--pool-header') })
})

function headerOf(columns: string[]): string {
  const file = join(temporaryFolder(), 'header.json')
  writeFileSync(file, JSON.stringify({ UserPoolId: 'eu-central-1_x', CSVHeader: columns }))
  return file
}

async function leave(columns: string[], ...more: string[]) {
  const folder = newFolder()
  const args = ['export', '--to', folder, '--for', 'cognito', '--pool-header', headerOf(columns), ...more]
  const { status, stderr } = await store.run(args)
  expect(status).toBe(0)
  return { folder, stderr }
}

/** Reads a CSV file by the rules of AWS's page: no quotes, and a backslash before a comma in a value. */
function rowsOf(folder: string, name: string): Record<string, string>[] {
  const bytes = readFileSync(join(folder, `${name}.csv`))
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  expect(text).not.toMatch(/["\ufeff\r\t]|\\(?!,)/)
  const [header = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/(?<!\\),/).map((cell) => cell.replaceAll('\\,', ',')))
  return rows.map((cells) => {
    expect(cells).toHaveLength(header.length)
    for (const cell of cells) expect(cell).toBe(cell.trim())
    return Object.fromEntries(header.map((column, index) => [column, String(cells[index])]))
  })
}
