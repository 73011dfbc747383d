import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { loginEvent } from '../../../test/support/http/lambda.ts'
import type { FieldError } from '../../errors.ts'
import { readBody } from '../body.ts'
import { EmailConfirmation, PasswordChangeRequest, RegistrationConfirmation } from './account.ts'
import { TotpCode, TotpConfirmation } from './factors.ts'
import { Code } from './fields.ts'
import { NewPasskey, PasskeyChange } from './passkeys.ts'
import { ProofStart } from './proofs.ts'
import { LogoutRequest, RefreshRequest } from './sessions.ts'

const PASSWORDS = { currentPassword: 'a', newPassword: 'b' }
const PASSKEY = { id: 'a', rawId: 'a', type: 'public-key', response: {} }

/** One value for each rule of a schema, with the name and the values that clients compare. */
const RULES: [rule: string, schema: z.ZodMiniType, body: object, values?: object][] = [
  ['required', PasswordChangeRequest, { currentPassword: 'a' }],
  ['required', PasswordChangeRequest, { ...PASSWORDS, newPassword: '' }],
  ['required', ProofStart, {}],
  ['type', PasswordChangeRequest, { ...PASSWORDS, newPassword: null }],
  ['type', LogoutRequest, { everywhere: 'yes' }],
  ['unknown', RefreshRequest, { token: 'a' }],
  ['one_of', ProofStart, { change: 'all' }, { options: expect.arrayContaining(['address', 'removal']) }],
  [
    'one_of',
    NewPasskey,
    { response: { ...PASSKEY, type: 'key', response: { clientDataJSON: '', attestationObject: '' } } },
    { options: ['public-key'] },
  ],
  ['too_long', RefreshRequest, { refreshToken: 'a'.repeat(257) }, { max: 256 }],
  ['too_long', PasswordChangeRequest, { ...PASSWORDS, newPassword: 'a'.repeat(1_025) }, { max: 1_024 }],
  ['format', TotpConfirmation, { code: '12345' }, { digits: 6 }],
  ['format', EmailConfirmation, { mailId: 'a', code: '1234567' }, { digits: 8 }],
  ['format', PasskeyChange, { name: '' }],
  ['combination', RegistrationConfirmation, { password: 'a' }],
]

test.each(RULES)('a field that breaks %s has that rule: %#', (rule, schema, body, values) => {
  let thrown: unknown
  try {
    readBody(loginEvent({ body: JSON.stringify(body) }), schema)
  } catch (error) {
    thrown = error
  }
  const { fields = [] } = thrown as { fields?: FieldError[] }
  // As a client gets it.
  expect(JSON.parse(JSON.stringify(fields))).toEqual([
    { pointer: expect.any(String), detail: expect.any(String), rule, ...(values && { values }) },
  ])
})

/** Digits as keyboards type them, by name. `mixed` is of all four. */
const DIGITS = {
  ASCII: '0123456789',
  'full-width': '０１２３４５６７８９',
  'Arabic-Indic': '٠١٢٣٤٥٦٧٨٩',
  Persian: '۰۱۲۳۴۵۶۷۸۹',
  mixed: '0１٢۳4５٦۷8９',
}

test.each(Object.entries(DIGITS))('a code in %s digits is the same code', (_name, digits) => {
  const read = (code: string) =>
    z.parse(z.object({ mail: Code, app: TotpCode }), { mail: code, app: code.slice(0, 6) })
  const [first, last] = [[...digits].slice(0, 8).join(''), [...digits].slice(2).join('')]
  expect(read(first)).toEqual({ mail: '01234567', app: '012345' })
  expect(read(last)).toEqual({ mail: '23456789', app: '234567' })
})

test.each([
  ['Devanagari digits', '०१२३४५६७'],
  ['the characters around full-width digits', '／０１２３４５：'],
  ['the characters around Arabic-Indic digits', '\u065f٠١٢٣٤٥\u066a'],
  ['the characters around Persian digits', '\u06ef۰۱۲۳۴۵\u06fa'],
  ['a digit too many', '０１２３４５６７８'],
  ['a superscript', '0123456²'],
])('a code in %s is refused', (_what, code) => {
  expect(z.safeParse(Code, code).error?.issues).toMatchObject([{ message: 'Must be 8 digits.' }])
})
