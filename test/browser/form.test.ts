import { expect, test } from 'vitest'
import { textForBrowsers } from '../../plugins/page-files.ts'
import { root } from '../support/process/service-description.ts'
import { open, useBrowser } from './browser.ts'

useBrowser()

test.each([
  ['its card has neither a notice nor a time to wait', ''],
  ['its card has a notice of its own', '<div class="notice"></div>'],
  ['its card has both', '<div class="notice"></div><p class="wait" hidden><span class="time"></span></p>'],
])('a form is sent and shows what it has to wait for if %s', async (_, notices) => {
  const page = await open('about:blank')
  await page.setContent(
    `<section>${notices}<form><input id="name" name="name"><p id="name-fault"></p><button type="submit">Send</button></form></section>
    <p id="announcement"></p>`,
  )
  const script = await textForBrowsers(`${root}/functions/pages/form.js`)
  await page.evaluate(`import(${JSON.stringify(`data:text/javascript,${encodeURIComponent(script)}`)}).then(({ onSubmit }) => {
    const refused = { status: 429, retryAfterSeconds: 70, body: { detail: 'Too many requests.' } }
    onSubmit(document.querySelector('form'), async () => refused, () => {})
  })`)
  await page.getByRole('button').click()
  await page.getByText('Too many requests.').waitFor()
  await page
    .locator('.wait')
    .filter({ hasText: /1:\d\d/ })
    .waitFor()
  expect(await page.locator('.notice').count()).toBe(1)
})
