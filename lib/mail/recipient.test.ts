import { expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import type { Role } from '../application/roles.ts'
import type { Table } from '../aws/dynamodb.ts'
import { OWN_PROFILE } from '../factors/own-account.ts'
import { ADMINISTERED } from '../operators/accounts.ts'
import { ACT_USER } from '../operators/act-as/act.ts'
import { noticeOfNames } from '../operators/names.ts'
import { type Notified, notifiedOf } from './event.ts'
import { findRecipient, findRecipientByName, RECIPIENT } from './recipient.ts'
import { readerOf } from './written.ts'

const stores = await useTable()

test.each(Object.entries({ RECIPIENT, ADMINISTERED, ACT_USER, OWN_PROFILE }))(
  'a read of %s, which a mail follows, has the address and the language',
  (_name, attributes) => {
    expect(attributes).toEqual(expect.arrayContaining(['username', 'email', 'emailAsWritten', 'locale']))
  },
)

// The type of a user allows a missing language. With such a read, all mails would be in the first language of the service.
test('a read without the language does not compile where a mail follows', () => {
  const user = { username: 'ada', email: 'ada@example.org', emailVerified: true, emailAsWritten: undefined }
  const to = user.email
  // @ts-expect-error: the read has no `locale`.
  expect(notifiedOf(user)).toEqual({ to, username: 'ada', locale: undefined })
  // @ts-expect-error: the read has no `locale`.
  expect(readerOf(to, user)).toEqual({ to, username: 'ada', language: 'en' })
  // @ts-expect-error: the read has no `locale`.
  expect(noticeOfNames(user, { ...user, username: 'eve' })?.locale).toBeUndefined()
  // @ts-expect-error: the notice has no `locale`.
  const notice: Notified = { to, username: 'ada' }
  expect(notice.locale).toBeUndefined()
})

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
