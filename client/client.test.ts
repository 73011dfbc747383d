import { expect, test } from 'vitest'
import { Browser } from '../test/support/client/browser.ts'

const credentials = { username: 'ada', password: 'correct horse battery staple' }

test('a user signs in, with the session in a cookie', async () => {
  const browser = new Browser()
  const tab = browser.open()
  expect(tab.auth.user).toBeUndefined()
  await browser.settled()
  expect(tab.auth.user).toBeNull()
  const user = { id: 'id of ada', username: 'ada', role: 'user' }
  expect(await tab.auth.signIn(credentials)).toEqual(user)
  expect(tab.auth.user).toEqual(user)
  expect(browser.farEnd.received.at(-1)).toEqual({
    path: '/login',
    body: { ...credentials, session: 'cookie' },
    cookie: undefined,
  })
  expect(tab.seen).toEqual([null, 'ada'])
})
