import { describe, expect, test } from 'vitest'
import { isTokenRevoked, requireUnrevoked, revokeSessions, revokeTokens } from './revocation.ts'

describe('an access token', () => {
  test.each([
    ['of the current generation', 7, { disabled: false, generation: 7 }, false],
    ['of an earlier generation', 6, { disabled: false, generation: 7 }, true],
    ['of a later generation', 8, { disabled: false, generation: 7 }, true],
    ['of a disabled user', 7, { disabled: true, generation: 7 }, true],
    ['of a removed user', 7, undefined, true],
  ])('%s is recognised', (_what, generation, state, isRevoked) => {
    expect(isTokenRevoked(generation, state)).toBe(isRevoked)
    const require = () => requireUnrevoked(generation, state)
    const refused = { code: 'invalid_token', message: 'the token was revoked' }
    if (isRevoked) expect(require).toThrow(expect.objectContaining(refused))
    else expect(require).not.toThrow()
  })
})

test('revoking tokens moves the generation of tokens alone', () => {
  expect(revokeTokens({ generation: 7 })).toStrictEqual({ generation: 8 })
})

test('revoking sessions moves both generations, and names the surviving session', () => {
  const user = { generation: 7, sessionGeneration: 70 }
  const moved = { generation: 8, sessionGeneration: 71 }
  expect(revokeSessions(user, 'mine')).toStrictEqual({ ...moved, survivingSession: 'mine' })
  // The write removes the session that survived an earlier revocation, because it is undefined.
  expect(revokeSessions(user)).toStrictEqual({ ...moved, survivingSession: undefined })
})
