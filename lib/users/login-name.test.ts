import { describe, expect, test } from 'vitest'
import { isEmail, isLoginName, isNewLoginName, LOGIN_NAME, NEW_LOGIN_NAME_RULE } from './login-name.ts'

describe('a username', () => {
  test.each(['a', '7', '.', '_', '-', 'ada.lovelace_1815-12-10', 'x'.repeat(64)])('may be %j', (name) => {
    expect(isLoginName(name)).toBe(true)
    expect(isEmail(name)).toBe(false)
  })

  test.each(['', 'x'.repeat(65), 'ada lovelace', 'ada#', 'ada/', 'ad\u00e4', ' ada', 'ada\n', '\nada'])(
    'may not be %j',
    (name) => {
      expect(isLoginName(name)).toBe(false)
    },
  )
})

describe('an e-mail address', () => {
  test.each([
    'ada@example.org',
    'a@b',
    'a@b.c',
    '7@7.7',
    `${'x'.repeat(64)}@example.org`,
    `ada@${'x'.repeat(63)}`,
    `ada@example.${'x'.repeat(63)}`,
    'ada@a-b.c-d',
    'ada@xn--bcher-kva.example',
    "!#$%&'*+/=?^_`{|}~.-@example.org",
  ])('may be %j', (address) => {
    expect(isLoginName(address)).toBe(true)
    expect(isEmail(address)).toBe(true)
  })

  test.each([
    '@example.org',
    'ada@',
    'ada@@example.org',
    'ada@example.org@example.org',
    'ada,eve@example.org',
    '"ada"@example.org',
    'ada @example.org',
    ' ada@example.org',
    'ada@example.org\n',
    `${'x'.repeat(65)}@example.org`,
    `ada@${'x'.repeat(64)}`,
    `ada@example.${'x'.repeat(64)}`,
    'ada@.org',
    'ada@example.',
    'ada@example..org',
    'ada@example_org',
    'ada@-example.org',
    'ada@example-.org',
    'ada@example.-org',
    'ada@example.org-',
    'ada@-',
    'ada@b\u00fccher.example',
  ])('may not be %j', (address) => {
    expect(isLoginName(address)).toBe(false)
    expect(isEmail(address)).toBe(false)
  })

  test('has at most 254 characters', () => {
    const longest = `ada@${'x.'.repeat(124)}xx`
    expect(longest).toHaveLength(254)
    expect(isEmail(longest)).toBe(true)
    expect(isEmail(`${longest}x`)).toBe(false)
  })
})

test('a login name is in lower case as stored, and in any case as sent', () => {
  for (const name of ['Ada', 'ADA@example.org', 'ada@Example.org', 'ada@example.ORG']) {
    expect(isLoginName(name)).toBe(false)
    expect(LOGIN_NAME.test(name)).toBe(true)
  }
})

test.each([undefined, null, 7, true, ['ada'], { toString: () => 'ada' }])('%j is no login name', (value) => {
  expect(isLoginName(value)).toBe(false)
  expect(isEmail(value)).toBe(false)
})

describe('a new login name', () => {
  test('has a rule that names what is refused', () => {
    expect(NEW_LOGIN_NAME_RULE).toMatch(/^Must not .*hyphen.*%, !, =\?.*dots/)
  })

  test.each([
    'ada',
    'a-b',
    '_',
    '.',
    'a.b@example.org',
    'ada.lovelace@example.org',
    "#$&'*+/?=^_`{|}~-@example.org",
    '?=a@example.org',
  ])('may be %j', (name) => {
    expect(isNewLoginName(name)).toBe(true)
  })

  test.each([
    '-',
    '--help',
    '-h@example.org',
    'a..b@example.org',
    '.a@example.org',
    'a.@example.org',
    '=?x?q?evil=40evil.example?=x@example.org',
    'evil%evil.example@example.org',
    'evil!evil@example.org',
  ])('may not be %j, which a stored one may', (name) => {
    expect(LOGIN_NAME.test(name)).toBe(true)
    expect(isNewLoginName(name)).toBe(false)
  })
})
