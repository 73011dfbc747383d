import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secondOf } from '../../time.ts'
import { codeKey, isFresh, isRepetition, isVerifierOf, spentBy, timesOf } from './code.ts'

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

  test('is stored under its SHA-256 hash', () => {
    expect(codeKey('code')).toEqual({
      pk: { S: 'code#VpTQii5T_8rgwxA-Wtb2B2q9lg6x-KVldwQLwQKPcCs' },
      sk: { S: 'code' },
    })
  })

  const from = (sourceIp: string, seconds = 0) => ({
    now: later(seconds),
    origin: { sourceIp, userAgent: 'curl' },
  })
  const spent = spentBy('code', 'grant', from('203.0.113.7'))

  test.each([
    ['at once', 'code', from('203.0.113.7'), 10, true],
    ['in the grace period', 'code', from('203.0.113.7', 9), 10, true],
    ['by a clock that is behind', 'code', from('203.0.113.7', -1), 10, true],
    ['after the grace period', 'code', from('203.0.113.7', 10), 10, false],
    ['without a grace period', 'code', from('203.0.113.7'), 0, false],
    ['from another address', 'code', from('203.0.113.8'), 10, false],
    ['with another code', 'other', from('203.0.113.7'), 10, false],
  ])('that is exchanged again %s, for code %j', (_what, text, at, grace, expected) => {
    expect(isRepetition(text, spent, at, grace)).toBe(expected)
  })

  test('that was not exchanged is not repeated', () => {
    expect(isRepetition('code', {}, from('203.0.113.7'), 60)).toBe(false)
  })

  test('keeps no address from which it is exchanged, and the hash depends on the code', () => {
    expect(JSON.stringify(spent)).not.toContain('203.0.113.7')
    expect(spentBy('other', 'grant', from('203.0.113.7')).spentFrom).not.toBe(spent.spentFrom)
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

  test.each([
    [42, false],
    [43, true],
    [128, true],
    [129, false],
  ])('takes a verifier of %i characters: %s', (length, expected) => {
    const long = 'a'.repeat(length)
    expect(isVerifierOf({ challenge: hash('sha256', long, 'base64url') }, long)).toBe(expected)
  })
})
