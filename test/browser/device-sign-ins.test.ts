import { expect, test } from 'vitest'
import { askForMail, choosePassword, code, newName, nextMail, PASSWORD, rows } from './accounts.ts'
import { addAuthenticator } from './authenticator.ts'
import { addUser, expectBound, openSignin, signedIn, startAgain, useBoundService } from './bound.ts'
import { heading, open, press, signIn } from './browser.ts'
import { createIdentity, signInAtDemo } from './demo-provider.ts'
import { addApp, addPasskey, fillIn, pressIn, saveCodes } from './factors.ts'

const at = await useBoundService()
const { url, service } = at

test('a sign-in with a password binds its session, as the account page and GET /sessions show', async () => {
  const { name: username } = await addUser(at)
  const page = await signedIn(at, { username })
  const [list] = await Promise.all([page.waitForResponse(/\/sessions$/), page.goto(`${url}/account`)])
  const { sessions } = await list.json()
  expect(sessions).toContainEqual(expect.objectContaining({ current: true, deviceBound: true }))
  await rows(page).filter({ hasText: 'Tied to its device' }).waitFor()
})

test('a registration binds its session', async () => {
  const { name, address } = newName()
  const page = await open(`${url}/register`)
  await askForMail(page, 'E-mail address', address)
  await code(page).fill((await nextMail(address, service.url)).code)
  await page.getByLabel('Username or e-mail address').fill(name)
  await choosePassword(page, PASSWORD, 'Create account')
  await expectBound(page)
})

test('a sign-in by a mail binds its session', async () => {
  const { name: username, address: email } = await addUser(at)
  const page = await open(`${url}/signin`)
  await press(page, 'Continue with e-mail', 'Continue with e-mail')
  await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(email)
  await press(page, 'Send mail', 'Check your mail')
  await code(page).fill((await nextMail(email, service.url)).code)
  await press(page, 'Continue')
  await heading(page, `Signed in as ${username}`).waitFor()
  await expectBound(page)
})

test.each(['an app', 'a recovery code'])(
  'a sign-in with a password and %s binds its session',
  async (factor) => {
    const { name: username } = await addUser(at)
    const page = await signedIn(at, { username, path: 'account' })
    const { nextCode, recoveryCodes } = await addApp(page)
    await startAgain(at, page)
    await signIn(page, username, PASSWORD)
    if (factor === 'an app') await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
    else {
      await pressIn(page, 'Use a recovery code instead')
      await fillIn(page, 'Recovery code', recoveryCodes[0] ?? '', 'Continue')
    }
    await heading(page, `Signed in as ${username}`).waitFor()
    await expectBound(page)
  },
)

test.each(['a passkey', 'a password and a passkey'])('a sign-in with %s binds its session', async (how) => {
  const { name: username } = await addUser(at)
  const page = await signedIn(at, { username, path: 'account' })
  await addAuthenticator(page)
  await addPasskey(page)
  await saveCodes(page)
  await startAgain(at, page)
  if (how === 'a passkey') await press(page, 'Sign in with a passkey')
  else {
    await signIn(page, username, PASSWORD)
    await pressIn(page, 'Use a passkey')
  }
  await heading(page, `Signed in as ${username}`).waitFor()
  await expectBound(page)
})

test('a new account of an identity provider binds its session, and so does the next sign-in there', async () => {
  const { name } = newName()
  const page = await openSignin(at)
  await signInAtDemo(page, name)
  await createIdentity(page, name)
  await heading(page, `Signed in as ${name}`).waitFor()
  await expectBound(page)
  await startAgain(at, page)
  await signInAtDemo(page, name)
  await heading(page, `Signed in as ${name}`).waitFor()
  await expectBound(page)
})
