import { expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import type { Role } from '../application/roles.ts'
import type { Table } from '../aws/dynamodb.ts'
import { OWN_PROFILE } from '../factors/own-account.ts'
import { ADMINISTERED } from '../operators/accounts.ts'
import { ACT_USER } from '../operators/act-as/act.ts'
import { findRecipient, findRecipientByName, RECIPIENT } from './recipient.ts'

const stores = await useTable()

// The type of a user allows a missing language, so a read without it would compile, and its mails be in the first language.
test.each(Object.entries({ RECIPIENT, ADMINISTERED, ACT_USER, OWN_PROFILE }))(
  'a read of %s, which a mail follows, has the address and the language',
  (_name, attributes) => {
    expect(attributes).toEqual(expect.arrayContaining(['username', 'email', 'emailAsWritten', 'locale']))
  },
)

test('a recipient is found by id and by login name, without the password hash', async () => {
  const username = await stores.add({
    email: 'ada@example.org',
    emailAsWritten: 'Ada@Example.org',
    passwordHash: 'secret hash',
  })
  const { id, generation } = await stores.user(username)
  const outputs: object[] = []
  const table: Table = {
    ...stores.table,
    async aws(...call) {
      const output = await stores.table.aws(...call)
      outputs.push(output)
      return output
    },
  }
  const recipient = {
    id,
    username,
    role: 'user',
    disabled: false,
    generation,
    email: 'ada@example.org',
    emailVerified: false,
    emailAsWritten: 'Ada@Example.org',
    locale: undefined,
  }
  expect(await findRecipient(table, id)).toStrictEqual(recipient)
  expect(await findRecipientByName(table, username)).toStrictEqual(recipient)
  expect(await findRecipientByName(table, 'ada@example.org')).toStrictEqual(recipient)
  expect(await findRecipientByName(table, 'nobody')).toBeUndefined()
  expect(JSON.stringify(outputs)).toContain('Ada@Example.org')
  expect(JSON.stringify(outputs)).not.toContain('secret hash')
})

test('a recipient whose role was removed is disabled, as at sign-in', async () => {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const username = await stores.add({ role: 'formerly' as Role })
  expect(await findRecipientByName(stores.table, username)).toMatchObject({ disabled: true })
  expect(log.mock.calls).toEqual([[{ event: 'role.unknown', userId: expect.any(String), role: 'formerly' }]])
  log.mockRestore()
})
