import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { profileKey } from '../../lib/users/store.ts'
import { refusal, success } from '../support/process/command.ts'
import { temporaryFolder } from '../support/process/operator.ts'
import { useService } from '../support/service.ts'
import { refresh, signIn } from '../support/users/sessions.ts'
import { operate } from './moved-users.ts'

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['user', 'admin'],
    administrators: ['admin'],
    attributes: {
      plan: {
        type: 'string',
        values: ['free', 'pro'],
        default: 'free',
        claim: 'https://notes.example/plan',
        revokes: true,
      },
      team: { type: 'string', maxLength: 8, claim: 'custom:team' },
      seats: { type: 'number', default: 1 },
      beta: { type: 'boolean' },
    },
  },
}))
const PLAN = 'https://notes.example/plan'
const LATER = 'Access tokens have it from the next refresh on.\n'
const REVOKED = 'Access tokens issued before are revoked.\n'
let name: string
let cases = 0

const stores = await useService()
const { functions } = stores
beforeEach(async () => {
  cases += 1
  name = await stores.add({ username: `ada-${cases}` })
})

test('a user has the defaults at first: in the token, in the context, at /me and /userinfo', async () => {
  const { authToken } = await signIn(functions, name)
  expect(decodeJwt(authToken)).toMatchObject({ [PLAN]: 'free' })
  expect(decodeJwt(authToken)).not.toHaveProperty('custom:team')
  const { context } = await functions.authorize(authToken)
  expect(context).toMatchObject({ attributes: '{"plan":"free"}' })
  expect(await ask('me', authToken)).toMatchObject({
    status: 200,
    body: { attributes: { plan: 'free', seats: 1 } },
  })
  expect(await ask('userinfo', authToken)).toMatchObject({ status: 200, body: { [PLAN]: 'free' } })
})

test('an attribute that revokes is in the next token, and earlier tokens are invalid', async () => {
  const { authToken, refreshToken } = await signIn(functions, name)
  expect(await set('plan=pro')).toEqual(success(`${name} has plan pro. ${REVOKED}`))
  expect(await functions.opens(authToken)).toBe(false)
  const { text } = await refresh(functions, refreshToken)
  expect(decodeJwt(JSON.parse(text).authToken)).toMatchObject({ [PLAN]: 'pro' })
})

test('another attribute is in the next token, and earlier tokens stay valid', async () => {
  const { authToken, refreshToken } = await signIn(functions, name)
  expect(await set('team=red', 'seats=5', 'beta=true')).toEqual(
    success(`${name} has team red, seats 5, beta true. ${LATER}`),
  )
  expect(await functions.opens(authToken)).toBe(true)
  expect(await ask('me', authToken)).toMatchObject({
    body: { attributes: { plan: 'free', team: 'red', seats: 5, beta: true } },
  })
  const { text } = await refresh(functions, refreshToken)
  const { authToken: next } = JSON.parse(text)
  expect(decodeJwt(next)).toMatchObject({ [PLAN]: 'free', 'custom:team': 'red' })
  expect((await functions.authorize(next)).context).toMatchObject({
    attributes: '{"plan":"free","team":"red"}',
  })
})

test('an empty value sets the default, and the last one leaves nothing stored', async () => {
  await set('plan=pro', 'seats=5')
  expect(await set('seats=')).toEqual(success(`${name} has seats as the default.\n`))
  expect(await stored()).toEqual({ plan: 'pro' })
  await set('plan=')
  expect(await stored()).toBeUndefined()
})

test('two commands at once lose no attribute', async () => {
  await Promise.all([set('seats=5'), set('team=red'), set('plan=pro'), set('beta=false')])
  expect(await stored()).toEqual({ seats: 5, team: 'red', plan: 'pro', beta: false })
})

/** Stores values of an earlier definition. */
async function storeFormer() {
  const { id } = await stores.user(name)
  await stores.table.aws('dynamodb', 'UpdateItem', {
    TableName: stores.table.name,
    Key: profileKey(id),
    UpdateExpression: 'SET #attributes = :attributes',
    ExpressionAttributeNames: { '#attributes': 'attributes' },
    ExpressionAttributeValues: {
      ':attributes': { M: { plan: { S: 'gold' }, seats: { S: 'many' }, former: { N: '7' } } },
    },
  })
}

test('a stored value that no longer fits reads as the default, stays stored, and locks no user out', async () => {
  await storeFormer()
  const { authToken } = await signIn(functions, name)
  expect(decodeJwt(authToken)).toMatchObject({ [PLAN]: 'free' })
  expect((await ask('me', authToken)).body).toMatchObject({ attributes: { plan: 'free', seats: 1 } })
  await set('team=red')
  expect(await stored()).toEqual({ plan: 'gold', seats: 'many', former: 7, team: 'red' })
})

const NO_NUMBER =
  'Invalid seats. Must be 0, or a number with an absolute value from 1e-130 to 9007199254740991.'

test.each<[string, string]>([
  ['plan', 'Invalid attribute. Use NAME=VALUE; auth.config.ts has plan, team, seats, beta.'],
  [
    'pln=pro',
    'Invalid attribute. Use NAME=VALUE; auth.config.ts has plan, team, seats, beta. Did you mean plan?',
  ],
  ['constructor=x', 'Invalid attribute. Use NAME=VALUE; auth.config.ts has plan, team, seats, beta.'],
  ['plan=gold', 'Invalid plan. Must be one of free, pro.'],
  [
    'team=too long a name',
    'Invalid team. Must be text of at most 8 characters, none of them a control character.',
  ],
  ['team=a\nb', 'Invalid team. Must be text of at most 8 characters, none of them a control character.'],
  ['seats=1e-200', NO_NUMBER],
  ['seats=many', NO_NUMBER],
  ['seats= ', NO_NUMBER],
  ['seats=0x10', NO_NUMBER],
  ['seats=Infinity', NO_NUMBER],
  ['beta=yes', 'Invalid beta. Must be true or false.'],
])('set %s is refused', async (setting, fault) => {
  expect(await set('team=red', setting)).toEqual(refusal(2, fault))
  expect(await stored()).toBeUndefined()
})

test('show, its JSON and the events have the attributes, and the events no value', async () => {
  await set('plan=pro')
  expect((await run('show', name)).stdout).toContain('plan      pro\nseats     1\n')
  expect(JSON.parse((await run('show', name, '--json')).stdout)).toMatchObject({
    attributes: { plan: 'pro', seats: 1 },
  })
  const { stdout } = await run('events', name, '--json')
  expect(JSON.parse(stdout)[0]).toMatchObject({ via: 'users set', changes: ['attributes'] })
  expect(stdout).not.toContain('"pro"')
})

describe('export and import', () => {
  async function importLines(...lines: object[]) {
    const file = join(temporaryFolder(), 'users.jsonl')
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return await run('import', file)
  }

  test('carry what is stored', async () => {
    await set('plan=pro', 'beta=true')
    const { stdout } = await run('export')
    const line = stdout.split('\n').find((one) => one.includes(`"${name}"`)) ?? ''
    await stores.remove(name)
    expect(await importLines(JSON.parse(line))).toMatchObject({ status: 0 })
    expect(await stored()).toEqual({ plan: 'pro', beta: true })
  })

  test('leave out a value that the attribute may no longer have', async () => {
    await storeFormer()
    await set('team=red')
    const { stdout, stderr } = await run('export')
    expect(stderr).toMatch(
      /^Values of attributes that auth\.config\.ts does not allow are not exported\. Users who have some: \d+\.\n$/,
    )
    const line = stdout.split('\n').find((one) => one.includes(`"${name}"`)) ?? ''
    await stores.remove(name)
    expect(await importLines(JSON.parse(line))).toMatchObject({ status: 0 })
    expect(await stored()).toEqual({ team: 'red' })
  })

  test('refuse a value that the attribute may not have, and an unknown attribute', async () => {
    const { passwordHash } = await stores.user(name)
    const line = (attributes: unknown) => ({
      username: `new-${cases}`,
      role: 'user',
      passwordHash,
      attributes,
    })
    for (const attributes of [{ plan: 'gold' }, { former: 7 }, 'pro', ['pro']]) {
      expect(await importLines(line(attributes))).toMatchObject({ status: 1 })
    }
    expect(await importLines(line({ plan: 'pro' }))).toMatchObject({ status: 0 })
  })

  test('refuse the same attribute twice, in a column of CSV and on the command line', async () => {
    const { passwordHash } = await stores.user(name)
    const file = join(temporaryFolder(), 'users.csv')
    const cell = '"{""plan"":""pro"",""plan"":""free""}"'
    writeFileSync(
      file,
      `username,role,passwordHash,attributes\ntwice-${cases},user,"${passwordHash}",${cell}\n`,
    )
    expect(await run('import', file)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('line 2: attributes: Repeats plan.'),
    })
    expect(await set('plan=pro', 'team=red', 'plan=free')).toEqual(
      refusal(2, 'The attribute plan is given twice.'),
    )
    expect(await stored()).toBeUndefined()
  })

  test('read attributes as JSON in a column of CSV', async () => {
    const { passwordHash } = await stores.user(name)
    const file = join(temporaryFolder(), 'users.csv')
    writeFileSync(
      file,
      `username,role,passwordHash,attributes\ncsv-${cases},user,"${passwordHash}","{""plan"":""pro""}"\n`,
    )
    expect(await run('import', file)).toMatchObject({ status: 0 })
    expect((await stores.user(`csv-${cases}`)).attributes).toEqual({ plan: 'pro' })
  })
})

const run = (...args: string[]) => operate(stores, ...args)

const set = (...settings: string[]) => run('set', name, ...settings)

const stored = async () => (await stores.user(name)).attributes

const ask = async (route: 'me' | 'userinfo', token: string) => {
  const { status, text } = await functions.ask(
    route,
    route === 'userinfo' ? { headers: { Authorization: `Bearer ${token}` } } : { token },
  )
  return { status, body: status === 200 ? JSON.parse(text) : undefined }
}
