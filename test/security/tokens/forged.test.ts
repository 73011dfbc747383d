import { afterAll, expect, test, vi } from 'vitest'
import { forge, signer, thumbprint } from '../../support/http/forge.ts'
import { NOW, ours, oursToo, trap, valid } from '../attacks.ts'
import { loadAuthorizer } from '../authorizer.ts'
import { forged, wanted } from './forged.ts'

vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
const { kms, authorize, close } = await loadAuthorizer({ a: ours.publicKey, b: oursToo.publicKey })
const header = { alg: 'RS256', typ: 'at+jwt', kid: thumbprint(ours.publicKey) }
let refused = 0

test.for(Object.entries(wanted))('control: %s is accepted if our key signs it', async ([, claims]) => {
  const { result } = await authorize(`Bearer ${forge(header, claims, signer(ours.privateKey))}`)
  expect(result).toMatchObject({ policyDocument: { Version: '2012-10-17' } })
})

test.for(forged)('refused: %s', async ([, token]) => {
  const { result, log } = await authorize(`Bearer ${token}`)
  expect(result).toEqual(new Error('Unauthorized'))
  expect(log).toEqual([expect.objectContaining({ event: 'token.refused', code: 'invalid_token' })])
  refused += 1
})

test('the table has 298 tokens or more, all different, and not the valid one', () => {
  const tokens = new Set(forged.map(([, token]) => token))
  expect(tokens.size).toBe(forged.length)
  expect(tokens).not.toContain(valid)
  expect(forged.length).toBeGreaterThanOrEqual(298)
})

test('nothing that a token names was fetched, and no token caused another read of the keys', () => {
  expect(trap.hits).toBe(0)
  expect(kms.hits).toBe(2)
})

afterAll(() => {
  console.log(`Forged tokens: ${refused} refused of ${forged.length}`)
  trap.close()
  close()
})
