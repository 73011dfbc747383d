import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { BOUND_MAIL_ID_BYTES, newBoundMailId, OTHER_BROWSER, requireSameBrowser } from './browser.ts'
import { addressIn, newMailId, readToken } from './confirmation.ts'

const newKey = () => randomBytes(32).toString('base64url')
const key = newKey()
const random = randomBytes(BOUND_MAIL_ID_BYTES)
const mailId = newBoundMailId(random, key, 'Ada@Example.org')
const refused = expect.objectContaining({
  code: 'invalid_credentials',
  event: 'link.refused',
  ...OTHER_BROWSER,
})

test('a mail id has the form and the address of every mail id', () => {
  expect(mailId).toMatch(/^[\w-]{22}\.[\w-]+$/)
  expect(addressIn(mailId)).toBe('Ada@Example.org')
  expect(readToken(`${mailId}.${newKey()}`)).toMatchObject({ mailId })
})

test('the browser that asked may use the mail', () => {
  expect(() => requireSameBrowser(mailId, key)).not.toThrow()
})

test.each([
  ['another key', mailId, newKey()],
  ['no key', mailId, ''],
  ['no key, for an id that was made without one', newBoundMailId(random, '', 'ada@example.org'), ''],
  ['another address', newBoundMailId(random, newKey(), 'eve@example.org'), key],
  [
    'the address of another mail',
    `${mailId.slice(0, 22)}.${Buffer.from('eve@example.org').toString('base64url')}`,
    key,
  ],
  ['an id of another kind', newMailId(randomBytes(16), 'Ada@Example.org'), key],
  ['a short id', 'AbCd', key],
])('%s is refused by name', (_, id, given) => {
  expect(() => requireSameBrowser(id, given)).toThrow(refused)
})
