import { expect, test } from 'vitest'
import { attribute, writeIf } from '../../lib/aws/dynamodb.ts'
import { profileKey } from '../../lib/users/store.ts'
import { expectAlike, measureInTurns } from '../security/timing/timing.ts'
import { recordLogs } from '../support/logs.ts'
import { hashes } from '../support/process/cheap-argon2.ts'
import { useService } from '../support/service.ts'

recordLogs()
const service = await useService({
  settings: { MAILER: '', LIMIT_SOURCE: '9999/900', LIMIT_USER: '9999/86400' },
})
const functions = { none: service.functions, all: await service.load({ REQUIRE_SECOND_FACTOR: 'all' }) }
let count = 0

type Kind = 'unknown username' | 'without factors' | 'with an app' | 'with both' | 'disabled, with an app'

const KINDS: readonly Kind[] = [
  'unknown username',
  'without factors',
  'with an app',
  'with both',
  'disabled, with an app',
]
const POLICIES = ['none', 'all'] as const

test.each(POLICIES)(
  'beside its hash, a wrong password takes the same time with and without factors, policy %s',
  async (policy) => {
    const classes = KINDS.map((kind) => [kind, () => prepare(kind, policy)] as const)
    await expectAlike(() => measureInTurns(Object.fromEntries(classes)))
  },
)

test.each(KINDS.flatMap((kind) => POLICIES.map((policy) => [kind, policy] as const)))(
  'a wrong password computes one hash: %s, policy %s',
  async (kind, policy) => {
    // The first hash of a function is preceded by one that tries argon2.
    await (await prepare('without factors', policy))()
    const send = await prepare(kind, policy)
    hashes.count = 0
    await send()
    expect(hashes.count).toBe(1)
  },
)

/** Prepares a sign-in with a wrong password. */
async function prepare(kind: Kind, policy: 'none' | 'all') {
  count += 1
  const username = `name-${100_000 + count}`
  const sourceIp = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`
  if (kind !== 'unknown username') {
    const { id } = await service.addUser({ username, disabled: kind.startsWith('disabled') })
    const factors = { 'with an app': 'totp', 'disabled, with an app': 'totp', 'with both': 'totp passkey' }
    const named = kind in factors ? factors[kind as keyof typeof factors] : undefined
    if (named !== undefined) {
      await writeIf(service.table, 'UpdateItem', {
        Key: profileKey(id),
        UpdateExpression: 'SET factors = :factors',
        ExpressionAttributeValues: { ':factors': attribute(named) },
      })
    }
  }
  const body = { username, password: 'not the password of this user' }
  return () => functions[policy].ask('POST /login', { body, sourceIp })
}
