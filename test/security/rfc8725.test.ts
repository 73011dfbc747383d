import { X509Certificate } from 'node:crypto'
import { afterAll, expect, test, vi } from 'vitest'
import {
  accepted,
  attacks,
  bearers,
  claiming,
  claims,
  KEY,
  NOW,
  ours,
  oursToo,
  SIGNATURE,
  theirCertificate,
  theirs,
  trap,
  valid,
} from './attacks.ts'
import { allowUser, loadAuthorizer } from './authorizer.ts'

vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
const { kms, dynamodb, authorize, close } = await loadAuthorizer({ a: ours.publicKey, b: oursToo.publicKey })

test.for(accepted)('control: %s is accepted', async ([, token]) => {
  const { result, log } = await authorize(`Bearer ${token}`)
  expect(result).toEqual(allowUser('ada', claims.exp))
  expect(log).toEqual([])
})

test('control: an exp of the next second is accepted', async () => {
  const { result } = await authorize(`Bearer ${claiming({ exp: NOW + 1 })}`)
  expect(result).toEqual(allowUser('ada', NOW + 1))
})

test('control: the certificate in the attackers’ tokens is valid', () => {
  expect(new X509Certificate(theirCertificate).verify(theirs.publicKey)).toBe(true)
})

let ran = 0

test.for(attacks)('rejected: %s', async ([, token, because]) => {
  const { hits } = dynamodb
  const { result, log } = await authorize(`Bearer ${token}`)
  expectRejection(result, log, because)
  // Keys may be read at the same time as the user. What needs none costs no read of a user whom the attacker names.
  const needsKey = [SIGNATURE, 'revoked'].includes(because) || (because === KEY && hasThumbprint(token))
  expect(dynamodb.hits - hits).toBe(needsKey ? 1 : 0)
  ran += 1
})

/** Whether a token names its key as this service does. */
function hasThumbprint(token: string): boolean {
  const { kid } = Object(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()))
  return typeof kid === 'string' && /^[\w-]{43}$/.test(kid)
}

test.for(bearers)('rejected: an Authorization header, %s', async ([, authorization, because]) => {
  const { result, log } = await authorize(authorization)
  expectRejection(result, log, because)
  ran += 1
})

test.for([
  ['in lower case', `bearer ${valid}`],
  ['in upper case', `BEARER ${valid}`],
  ['and two spaces', `Bearer  ${valid}`],
])(
  'an Authorization header with the scheme %s is accepted (RFC 9110 section 11.1)',
  async ([, authorization]) => {
    expect((await authorize(authorization)).result).toEqual(allowUser('ada', claims.exp))
  },
)

test('nothing that a token names was fetched, and unknown kids caused no call of KMS', () => {
  expect(trap.hits).toBe(0)
  expect(kms.hits).toBe(2)
})

afterAll(() => {
  console.log(`RFC 8725: ${ran} attacks rejected of ${attacks.length + bearers.length}`)
  trap.close()
  close()
})

function expectRejection(result: unknown, log: unknown[], because: string) {
  expect(result).toBeInstanceOf(Error)
  expect((result as Error).message).toBe('Unauthorized')
  expect(log).toEqual([
    expect.objectContaining({ event: 'token.refused', code: 'invalid_token', reason: expect.any(String) }),
  ])
  const { reason, cause = reason } = log[0] as { reason: string; cause?: string }
  expect(cause).toContain(because)
  expect(JSON.stringify(log)).not.toContain(valid.slice(-40))
}
