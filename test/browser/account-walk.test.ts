import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { NEW_USERNAME_RULE } from '../../lib/users/login-name.ts'
import {
  askForMail,
  choosePassword,
  code,
  INVALID,
  mails,
  NEXT_PASSWORD,
  newName,
  newPassword,
  nextMail,
  PASSWORD,
  post,
  register,
  serviceUrl,
  startAtMinute,
  startOther,
  typePassword,
} from './accounts.ts'
import {
  alert,
  expectFocus,
  heading,
  inspect,
  inWords,
  open,
  press,
  signIn,
  status,
  useBrowser,
} from './browser.ts'

useBrowser()

test('a user registers, signs out, resets the password twice, moves and leaves', async () => {
  const { name, address } = newName()
  const moved = `moved-${address}`
  const page = await open(`${serviceUrl()}/signin`)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await askForMail(page, 'E-mail address', address)

  await page.goto((await nextMail(address)).link)
  await heading(page, 'Create your account').waitFor()
  await page.getByText(`You confirm the address ${address}.`).waitFor()
  expect(await page.getByLabel('Username').inputValue()).toBe(address)
  await page.getByLabel('Username').fill(name)
  await choosePassword(page, PASSWORD, 'Create account', 'Your account was created')
  await page.getByText(`You are signed in as ${name}.`).waitFor()
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await page.getByText(`${address} Verified`).waitFor()
  await press(page, 'Sign out', 'You are signed out')
  await page.getByRole('link', { name: 'Sign in' }).click()

  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await askForMail(page, 'Username or e-mail address', name)
  await page.goto((await nextMail(address)).link)
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')

  await page.goto(`${serviceUrl()}/forgot`)
  await askForMail(page, 'Username or e-mail address', address)
  await page.getByText(`If ${address} has an account`).waitFor()
  await code(page).fill((await nextMail(address)).code)
  await choosePassword(page, PASSWORD, 'Change password', 'Your password was changed')
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, name, NEXT_PASSWORD)
  await alert(page, 'Incorrect username or password.')
  await signIn(page, name, PASSWORD)
  await heading(page, `Signed in as ${name}`).waitFor()

  await page.getByRole('link', { name: 'Your account' }).click()
  await page.getByText('Change e-mail address').click()
  await page.getByLabel('New e-mail address').fill(moved)
  await page.locator('#email-password').fill(PASSWORD)
  await press(page, 'Send mail')
  await page.goto((await nextMail(moved)).link)
  await page.getByText(`Your account gets the address ${moved}.`).waitFor()
  expect((await post('login', { username: moved, password: PASSWORD })).status).toBe(401)
  await press(page, 'Confirm the address', 'Your address was confirmed')
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await page.getByText(`${moved} Verified`).waitFor()

  await page.getByText('Delete account').first().click()
  await page.locator('#delete-password').fill(PASSWORD)
  await press(page, 'Delete account', 'Your account was deleted')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, moved, PASSWORD)
  await alert(page, 'Incorrect username or password.')
})

test('a user registers with the code, after a wrong one, a short password and a taken username', async () => {
  const { name } = await register()
  const { address } = newName()
  const page = await open(`${serviceUrl()}/register`)
  await askForMail(page, 'E-mail address', address)
  await expectFocus(page, 'proof-title')
  const mail = await nextMail(address)
  const wrong = mail.code === '00000000' ? '11111111' : '00000000'

  await code(page).fill(wrong)
  await choosePassword(page, PASSWORD, 'Create account')
  await alert(page, INVALID)
  await expectFocus(page, 'code')

  await code(page).fill('12')
  await press(page, 'Create account')
  const description =
    'Must be 8 digits. 8 digits. The code is valid for 10 minutes, the link for 60. Five wrong codes void the code. The link in the mail still works.'
  await page.getByRole('textbox', { name: 'Code from the mail', description }).waitFor()

  await code(page).fill(`${mail.code.slice(0, 4)} ${mail.code.slice(4)}`)
  await choosePassword(page, 'too short', 'Create account')
  await page.getByText('Must be at least 15 characters.').waitFor()
  await expectFocus(page, 'password')
  await page.getByText('Choose a password (optional)').click()
  await press(page, 'Create account')
  await page.getByText('Must be at least 15 characters.').waitFor()
  await expectFocus(page, 'password')

  await page.getByLabel('Username').fill(name)
  await choosePassword(page, PASSWORD, 'Create account')
  await page.getByText('This username is taken.').waitFor()
  await expectFocus(page, 'username')

  await page.getByLabel('Username').fill('other@example.org')
  await press(page, 'Create account')
  await page.getByText(NEW_USERNAME_RULE).waitFor()

  await page.getByLabel('Username').fill('a b')
  await press(page, 'Create account')
  await page
    .getByRole('textbox', { name: 'Username', description: `${NEW_USERNAME_RULE} Your address,` })
    .waitFor()

  await page.getByLabel('Username').fill('')
  await press(page, 'Create account', 'Your account was created')
  await page.getByText(`You are signed in as ${address}.`).waitFor()
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await page.getByText(`${address} Verified`).waitFor()
})

test('after five wrong codes the code is void, as its hint says, and the link works', async () => {
  const { name, address } = await register()
  const page = await open(`${serviceUrl()}/forgot`)
  await askForMail(page, 'Username or e-mail address', name)
  const mail = await nextMail(address)
  const wrong = mail.code === '00000000' ? '11111111' : '00000000'
  const description =
    '8 digits. The code is valid for 10 minutes, the link for 60. Five wrong codes void the code. The link in the mail still works.'
  for (const typed of [...Array<string>(5).fill(wrong), mail.code]) {
    await page.getByRole('textbox', { name: 'Code from the mail', description }).fill(typed)
    await newPassword(page).fill(NEXT_PASSWORD)
    const [refused] = await Promise.all([
      page.waitForResponse('**/password/reset'),
      press(page, 'Change password'),
    ])
    expect(refused.status()).toBe(400)
    await alert(page, INVALID)
  }
  await page.goto(mail.link)
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
})

test('for an address with an account, only the mail differs', async () => {
  const { name, address } = await register()
  const page = await open(`${serviceUrl()}/register`)
  await askForMail(page, 'E-mail address', address)
  await page.getByText(`We sent a mail to ${address}.`).waitFor()
  // Tests beside this one get mails too.
  const latest = async () => (await mails()).find(({ to }) => to === address)
  await expect.poll(async () => (await latest())?.subject).toMatch(/^You already have an account/)
  const mail = await latest()
  expect(mail?.text).toContain(`Your username is ${name}.`)
  await page.goto(String(mail?.link))
  await heading(page, 'Choose a new password').waitFor()
})

test('a code does not work after the link has been used in another tab', async () => {
  const { address } = newName()
  const page = await open(`${serviceUrl()}/register`)
  await askForMail(page, 'E-mail address', address)
  const mail = await nextMail(address)
  await code(page).fill(mail.code)
  await typePassword(page, PASSWORD)
  const other = await open(`${serviceUrl()}/signin`)
  await other.goto(mail.link)
  await choosePassword(other, PASSWORD, 'Create account', 'Your account was created')
  await press(page, 'Create account')
  await alert(page, INVALID)
})

test('an expired link and an expired code show that they are invalid', async () => {
  const preload = fileURLToPath(new URL('../local/mailer-an-hour-ago.ts', import.meta.url))
  const origin = await startOther({}, ['--import', preload])
  const page = await open(`${origin}/register`)
  await askForMail(page, 'E-mail address', 'late@example.org')
  const mail = await nextMail('late@example.org', origin)
  await code(page).fill(mail.code)
  await choosePassword(page, PASSWORD, 'Create account')
  await alert(page, INVALID)
  await page.goto(mail.link)
  await choosePassword(page, PASSWORD, 'Create account')
  await alert(page, INVALID)
})

test('over the limit the page counts the seconds to wait, and shows when the wait is over', async () => {
  const origin = await startAtMinute({ limitMailSource: '1/60' })
  const page = await open(`${origin}/forgot`)
  await askForMail(page, 'Username or e-mail address', 'ada')
  await page.getByRole('link', { name: 'ask again' }).click()
  await page.getByLabel('Username or e-mail address').fill('ada')
  const [refused] = await Promise.all([
    page.waitForResponse((response) => response.status() === 429),
    press(page, 'Send mail'),
  ])
  await alert(page, 'Too many requests. Try again later.')
  const seconds = Number(await refused.headerValue('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  await status(page, `Try again in ${inWords(seconds)}.`)
  expect(await page.locator('#ask .wait').textContent()).toMatch(/^Try again in (1:00|0:\d\d)$/)
  await inspect(page, 'forgot-throttled')
  await page.clock.fastForward(seconds * 1000)
  await status(page, 'You can try again now.')
  expect(await page.locator('#ask .wait').isVisible()).toBe(false)
})
