import { describe, expect, test } from 'vitest'
import { brokenPasswordRule, validateNewPassword } from './rules.ts'

const tooShort = 'Must be at least 15 characters.'
const tooLong = 'Must not exceed 128 characters.'
const theName = 'Must not be the username.'
const theAddress = 'Must not be the e-mail address.'
const common = 'Must not be a commonly used password.'
const fine = undefined

const broken = (password: string, username = 'ada', email?: string) =>
  brokenPasswordRule(password, { username, email })?.detail

describe('characters are counted as code points', () => {
  const family = '👩\u200d👩\u200d👧\u200d👦'
  test.each<[number, string, string, string | undefined]>([
    [14, 'letters', 'k', tooShort],
    [15, 'letters', 'k', fine],
    [128, 'letters', 'k', fine],
    [129, 'letters', 'k', tooLong],
    [0, 'letters', 'k', tooShort],
    [15, 'spaces', ' ', fine],
    [14, 'emoji of two UTF-16 units', '🙂', tooShort],
    [15, 'emoji of two UTF-16 units', '🙂', fine],
    [128, 'emoji of two UTF-16 units', '🙂', fine],
    [129, 'emoji of two UTF-16 units', '🙂', tooLong],
    [2, 'families of seven code points', family, tooShort],
    [3, 'families of seven code points', family, fine],
    [18, 'families of seven code points', family, fine],
    [19, 'families of seven code points', family, tooLong],
    [14, 'letters that form one code point with their mark', 'e\u0301', tooShort],
    [15, 'letters that form one code point with their mark', 'e\u0301', fine],
    [128, 'letters that form one code point with their mark', 'e\u0301', fine],
    [129, 'letters that form one code point with their mark', 'e\u0301', tooLong],
    [7, 'letters that do not', 'x\u0301', tooShort],
    [8, 'letters that do not', 'x\u0301', fine],
    [64, 'letters that do not', 'x\u0301', fine],
    [65, 'letters that do not', 'x\u0301', tooLong],
  ])('%i %s', (count, _what, character, rule) => {
    expect(broken(character.repeat(count).normalize('NFC'))).toBe(rule)
  })
})

test.each(['aaaaaaaaaaaaaaaa', 'correct horse battery', 'ALLCAPITALLETTERS', '9081726354657483'])(
  'a password may be composed of anything: %s',
  (password) => {
    expect(broken(password)).toBe(fine)
  },
)

test('the username is rejected in any case, a password that contains it is not', () => {
  expect(broken('ada.lovelace-1815', 'ada.lovelace-1815')).toBe(theName)
  expect(broken('Ada.LoveLace-1815', 'ada.lovelace-1815')).toBe(theName)
  expect(broken('ada.lovelace-1815!', 'ada.lovelace-1815')).toBe(fine)
})

test('the address is rejected in any case, a password that contains it is not', () => {
  expect(broken('ada@example.org', 'ada', 'ada@example.org')).toBe(theAddress)
  expect(broken('Ada@Example.org', 'ada', 'ada@example.org')).toBe(theAddress)
  expect(broken('ada@example.org!', 'ada', 'ada@example.org')).toBe(fine)
})

test('common passwords are rejected in any case, passwords that contain one are not', () => {
  expect(broken('passwordpassword')).toBe(common)
  expect(broken('PassWordPassWord')).toBe(common)
  expect(broken('1QAZ2WSX3EDC4RFV')).toBe(common)
  expect(broken('passwordpassword ')).toBe(fine)
})

test('a username that is a common password is rejected as the username', () => {
  expect(broken('qwerty123456789', 'qwerty123456789')).toBe(theName)
})

test('a rejection contains the rule and the pointer, and never the password', () => {
  expect(() => validateNewPassword('passwordpassword', { username: 'ada' }, '#/newPassword')).toThrow(
    expect.objectContaining({
      code: 'invalid_fields',
      message: 'the new password breaks a rule',
      fields: [{ pointer: '#/newPassword', detail: common, rule: 'common' }],
    }),
  )
  expect(() =>
    validateNewPassword('correct horse battery', { username: 'ada' }, '#/newPassword'),
  ).not.toThrow()
})
