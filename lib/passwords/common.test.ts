import { dictionary } from '@zxcvbn-ts/language-common'
import { expect, test } from 'vitest'
import { COMMON_PASSWORDS } from './common.ts'

test('the list has the package’s passwords of 15 characters and more, in lower case', () => {
  const rows = dictionary['passwords-common'].map((password) => String(password).toLowerCase())
  expect(rows.length).toBeGreaterThan(40_000)
  const long = rows.filter((password) => [...password].length >= 15)
  expect([...COMMON_PASSWORDS].sort()).toEqual([...new Set(long)].sort())
})
