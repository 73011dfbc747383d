import { expect, test } from 'vitest'
import { ada, later, refreshToken, session, start, table } from '../../test/support/session-per-test.ts'
import { testAct } from '../../test/support/users.ts'
import { endingOfReplaced, replacedSession, sessionOfName } from './replaced.ts'

test('the name of a replaced session leads back to it, and contains no secret', () => {
  const name = replacedSession(refreshToken)
  expect(name).toBe(`${ada.id}.${session.id}`)
  expect(sessionOfName(String(name))).toEqual({ userId: ada.id, id: session.id })
  expect(replacedSession('')).toBeUndefined()
  expect(sessionOfName('')).toEqual({ userId: '', id: '' })
})

test('a sign-in ends the session of the token that it replaces', async () => {
  expect(await endingOfReplaced(table, refreshToken, ada, testAct(later(1)))).toMatchObject([
    { Update: { Key: { sk: { S: `session#${session.id}` } } } },
    {
      Put: { Item: { type: { S: 'session.ended' }, detail: { S: 'replaced' }, session: { S: session.id } } },
    },
  ])
})

test.each(['', 'no token'])('a sign-in that replaces %j ends none, and reads nothing', async (replaced) => {
  const aws = () => Promise.reject(new Error('a call'))
  expect(await endingOfReplaced({ ...table, aws }, replaced, ada, testAct(later(1)))).toEqual([])
})

test('a sign-in that replaces a session that does not exist ends none', async () => {
  const { refreshToken: unknown } = start(ada)
  expect(await endingOfReplaced(table, unknown, ada, testAct(later(1)))).toEqual([])
})
