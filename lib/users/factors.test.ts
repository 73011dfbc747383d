import { describe, expect, test } from 'vitest'
import {
  AMR,
  acrOf,
  type Factor,
  factorsOf,
  isAcr,
  needsFactor,
  withFactor,
  withFirst,
  withoutFactor,
} from './factors.ts'

describe('the factors of a user', () => {
  test.each<[string | undefined, Factor[]]>([
    [undefined, []],
    ['', []],
    ['totp', ['totp']],
    ['passkey', ['passkey']],
    ['totp passkey', ['totp', 'passkey']],
    ['passkey totp', ['totp', 'passkey']],
    ['totp2 retina', []],
  ])('stored as %j are %j', (factors, expected) => {
    expect(factorsOf({ factors })).toEqual(expected)
  })

  test.each<[string | undefined, Factor, string]>([
    [undefined, 'totp', 'totp'],
    ['totp', 'passkey', 'totp passkey'],
    ['passkey', 'totp', 'totp passkey'],
    ['totp', 'totp', 'totp'],
  ])('%j with %s are %j', (factors, added, expected) => {
    expect(withFactor({ factors }, added)).toBe(expected)
  })

  test.each<[string | undefined, Factor, string | undefined]>([
    ['totp passkey', 'totp', 'passkey'],
    ['totp', 'totp', undefined],
    ['totp', 'passkey', 'totp'],
    [undefined, 'totp', undefined],
  ])('%j without %s are %j', (factors, removed, expected) => {
    expect(withoutFactor({ factors }, removed)).toBe(expected)
  })
})

test('only a sign-in with two factors has the acr aal2', () => {
  const acrs = Object.fromEntries(Object.entries(AMR).map(([name, amr]) => [name, acrOf(amr)]))
  expect(acrs).toEqual({
    password: 'aal1',
    totp: 'aal2',
    recoveryCode: 'aal2',
    secondPasskey: 'aal2',
    passkey: 'aal2',
    federated: 'aal1',
    federatedTotp: 'aal2',
    federatedRecoveryCode: 'aal2',
    federatedSecondPasskey: 'aal2',
    mail: 'aal1',
    mailTotp: 'aal2',
    mailRecoveryCode: 'aal2',
    mailSecondPasskey: 'aal2',
  })
  expect(acrOf('pwd mfas')).toBe('aal1')
  expect(['aal1', 'aal2', 'aal3', '', undefined].map(isAcr)).toEqual([true, true, false, false, false])
})

test('a policy demands a second factor of no user, of administrators or of all users', () => {
  const demands = (['none', 'administrators', 'all'] as const).map((policy) => [
    needsFactor({ role: 'user' }, policy),
    needsFactor({ role: 'admin' }, policy),
  ])
  expect(demands).toEqual([
    [false, false],
    [false, true],
    [true, true],
  ])
  expect(needsFactor({ role: 'user', mustEnrol: true }, 'none')).toBe(true)
})

test('the methods of a sign-in begin with its first step', () => {
  const methods = ([undefined, 'fed', 'mail'] as const).map((first) => withFirst(AMR.totp, first))
  expect(methods).toEqual([AMR.totp, AMR.federatedTotp, AMR.mailTotp])
  expect(withFirst(AMR.passkey, 'fed')).toBe(AMR.passkey)
})
