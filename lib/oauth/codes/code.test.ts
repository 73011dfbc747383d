import { describe, expect, test } from 'vitest'
import { secondOf } from '../../time.ts'
import { isFresh, isVerifierOf, timesOf } from './code.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const code = { challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', ...timesOf(now) }

describe('a code', () => {
  test.each([
    [0, true],
    [59, true],
    [60, false],
    [-10, true],
  ])('after %i seconds is valid: %s', (seconds, expected) => {
    expect(isFresh(code, later(seconds))).toBe(expected)
  })

  test('is kept for a day', () => {
    expect(code.expiresAt).toBe(secondOf(now) + 86_400)
  })

  // The example of RFC 7636 appendix B.
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  test.each([
    [verifier, true],
    [`${verifier}A`, false],
    [verifier.slice(1), false],
    [code.challenge, false],
    ['', false],
    [`${verifier}\n`, false],
  ])('takes the verifier %j: %s', (given, expected) => {
    expect(isVerifierOf(code, given)).toBe(expected)
  })
})
