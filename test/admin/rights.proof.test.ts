import { expect, test } from 'vitest'
import { packageChangedProd } from '../infrastructure/packaged.ts'
import { ACCOUNT, arnIn, judge, resolved, roleArn } from '../security/judge.ts'

// What the roles of the packaged template allow, by an evaluator of IAM policies of others.

const TABLE = arnIn('dynamodb', 'table/auth')
const EVENTS = arnIn('dynamodb', 'table/auth-events')
const KEY = arnIn('kms', 'key/a')

/** The functions of the console. */
const ADMIN = ['AdminDashread', 'AdminDashchange', 'AdminDashdanger', 'ActDashas']

const arnOf = (id: string) =>
  id
    .replace(/^Table(\.Arn)?/, TABLE)
    .replace(/^Events(\.Arn)?/, EVENTS)
    .replace(/^Key[AB](\.Arn)?/, KEY)

const SUFFIX = 'IamRoleLambdaExecution'
const { resources } = await packageChangedProd()

/** The statements of each function, by the beginning of its logical id. */
const statements = new Map(
  Object.entries(resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && id.endsWith(SUFFIX))
    .map(([id, { Properties }]) => {
      const [{ PolicyDocument }] = Properties.Policies as [{ PolicyDocument: { Statement: unknown[] } }]
      return [id.replace(SUFFIX, ''), resolved(PolicyDocument.Statement, arnOf) as unknown[]] as const
    }),
)

/** The policy of a key leaves it to IAM. */
const OF_KEYS = [
  { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
]

let count = 0

/** Returns the functions that may send a request. */
async function allowed(action: string, resource: string, context: Record<string, string | string[]>) {
  const verdicts = await Promise.all(
    [...statements].map(async ([name, granted]) => {
      count += 1
      const asked = { principal: roleArn(name), action, resource, context }
      const policy = resource === KEY ? OF_KEYS : []
      return (await judge(asked, granted, policy)) === 'Allowed' ? [name] : []
    }),
  )
  return verdicts.flat()
}

const USER = { 'dynamodb:LeadingKeys': ['user#a'] }
const TOGETHER = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'], 'dynamodb:ReturnValues': 'NONE' }

/** A write of an attribute of a user, within a transaction. */
const writeOf = (name: string) => ({ ...USER, ...TOGETHER, 'dynamodb:Attributes': ['pk', 'sk', name] })

test('only admin-danger may change the role of a user', async () => {
  expect(await allowed('dynamodb:UpdateItem', TABLE, writeOf('role'))).toEqual(['AdminDashdanger'])
  const creating = await allowed('dynamodb:PutItem', TABLE, writeOf('role'))
  expect(creating.filter((name) => ADMIN.includes(name))).toEqual([])
})

const READS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan']
const WRITES = [
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
]

test.each(['passwordHash', 'passwordFrom'])(
  'no function of the console may read or write %s',
  async (name) => {
    const Attributes = ['pk', 'sk', name]
    const contexts = [
      { ...USER, 'dynamodb:Attributes': Attributes, 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
      { ...USER, 'dynamodb:Attributes': Attributes },
      { ...USER, 'dynamodb:Select': 'ALL_ATTRIBUTES' },
      USER,
      writeOf(name),
      { ...writeOf(name), 'dynamodb:ReturnValues': 'ALL_OLD' },
    ]
    const found: string[] = []
    for (const action of [...READS, ...WRITES]) {
      // A write without attributes is of the keys.
      const those = WRITES.includes(action) ? contexts.slice(4) : contexts.slice(0, 4)
      for (const context of those) {
        const names = await allowed(action, TABLE, context)
        found.push(...names.map((one) => `${one} ${action}`))
      }
    }
    expect(found.filter((one) => ADMIN.some((own) => one.startsWith(own)))).toEqual([])
    // The evaluator does allow it to those that need it.
    expect(found).toContain('Login dynamodb:BatchGetItem')
    if (name === 'passwordHash') expect(found).toContain('Password dynamodb:UpdateItem')
  },
)

test('no function of the console changes or deletes events, and only act-as signs', async () => {
  const ofConsole = (names: string[]) => names.filter((name) => ADMIN.includes(name))
  for (const action of ['UpdateItem', 'DeleteItem', 'Scan']) {
    const names = await allowed(`dynamodb:${action}`, EVENTS, { ...USER, ...TOGETHER })
    expect(ofConsole(names), action).toEqual([])
  }
  const alone = await allowed('dynamodb:PutItem', EVENTS, { ...USER, 'dynamodb:ReturnValues': 'NONE' })
  expect(ofConsole(alone), 'an event alone').toEqual([])
  const together = await allowed('dynamodb:PutItem', EVENTS, { ...USER, ...TOGETHER })
  expect(ofConsole(together).length).toBeGreaterThan(0)
  const signing = await allowed('kms:Sign', KEY, { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' })
  expect(ofConsole(signing).filter((name) => name !== 'ActDashas')).toEqual([])
  expect(signing).toContain('Login')
  console.log(`Rights of ${statements.size} roles: ${count} decisions in account ${ACCOUNT}`)
})
