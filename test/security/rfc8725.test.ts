import { X509Certificate } from 'node:crypto'
import { afterAll, expect, test, vi } from 'vitest'
import {
  accepted,
  attacks,
  bearers,
  claiming,
  claims,
  good,
  NOW,
  ours,
  oursToo,
  theirCertificate,
  theirs,
  trap,
} from './attacks.ts'
import { loadAuthorizer, userMayEnter } from './authorizer.ts'

vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
const { kms, authorize, close } = await loadAuthorizer({ a: ours.publicKey, b: oursToo.publicKey })

test.for(accepted)('control: %s is accepted', async ([, token]) => {
  const { answer, log } = await authorize(`Bearer ${token}`)
  expect(answer).toEqual(userMayEnter('ada', claims.exp))
  expect(log).toEqual([])
})

test('control: an exp of the next second is accepted', async () => {
  const { answer } = await authorize(`Bearer ${claiming({ exp: NOW + 1 })}`)
  expect(answer).toEqual(userMayEnter('ada', NOW + 1))
})

test('control: the certificate that strangers send is a good one', () => {
  expect(new X509Certificate(theirCertificate).verify(theirs.publicKey)).toBe(true)
})

let ran = 0

test.for(attacks)('refused: %s', async ([, token, because]) => {
  const { answer, log } = await authorize(`Bearer ${token}`)
  expectRefusal(answer, log, because)
  ran += 1
})

test.for(bearers)('refused: an Authorization header, %s', async ([, authorization, because]) => {
  const { answer, log } = await authorize(authorization)
  expectRefusal(answer, log, because)
  ran += 1
})

test.for([
  ['in lower case', `bearer ${good}`],
  ['in upper case', `BEARER ${good}`],
  ['and two spaces', `Bearer  ${good}`],
])(
  'an Authorization header with the scheme %s is accepted (RFC 9110 section 11.1)',
  async ([, authorization]) => {
    expect((await authorize(authorization)).answer).toEqual(userMayEnter('ada', claims.exp))
  },
)

test('nothing that a token names was fetched, and unknown keys made nobody read ours again', () => {
  expect(trap.hits).toBe(0)
  expect(kms.hits).toBe(2)
})

afterAll(() => {
  console.log(`RFC 8725: ${ran} attacks refused of ${attacks.length + bearers.length}`)
  trap.close()
  close()
})

function expectRefusal(answer: unknown, log: unknown[], because: string) {
  expect(answer).toBeInstanceOf(Error)
  expect((answer as Error).message).toBe('Unauthorized')
  expect(log).toEqual([
    expect.objectContaining({ event: 'token.refused', code: 'invalid_token', detail: expect.any(String) }),
  ])
  const { detail, cause = detail } = log[0] as { detail: string; cause?: string }
  expect(cause).toContain(because)
  expect(JSON.stringify(log)).not.toContain(good.slice(-40))
}
