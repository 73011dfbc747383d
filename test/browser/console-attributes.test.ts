import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { copySources } from '../support/process/checkout.ts'
import { startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { alert, inspect, press, useBrowser } from './browser.ts'
import { addUser, change, changesOf, fact, openConsole, says, show, storeOf } from './console.ts'

// An administrator sets the attributes of a user of an application that has some.

const CONFIG = {
  roles: ['user', 'support', 'admin'],
  administrators: ['admin'],
  attributes: {
    plan: { type: 'string', values: ['free', 'pro'] },
    seats: { type: 'number' },
    beta: { type: 'boolean' },
  },
}

useBrowser()
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/attributes-`)
copySources(folder)
writeFileSync(`${folder}/auth.config.ts`, `export default ${JSON.stringify(CONFIG)}\n`)
const place = await startService({ demo: 'off' }, [], folder)
afterAll(async () => {
  await place.stop()
  rmSync(folder, { recursive: true })
})

test('an administrator sets attributes of each type, sees a wrong number, and removes values', async () => {
  const ada = await addUser({}, place)
  const stored = async () => (await storeOf(place).user(ada.username)).attributes
  const { page } = await openConsole('admin', { place, known: /422/ })
  await show(page, ada)
  const sent = changesOf(page)
  const openForm = () => page.getByRole('heading', { name: 'Change the attributes', exact: true }).click()
  await openForm()
  await page.getByLabel('plan', { exact: true }).selectOption('pro')
  await page.getByLabel('beta', { exact: true }).selectOption('false')
  await page.getByLabel('seats', { exact: true }).fill('many')
  await change(page, 'Change the attributes')
  await page.locator('#attribute-seats-fault:not([hidden])').waitFor()
  await inspect(page, 'console-attributes-wrong')
  expect(await stored()).toBeUndefined()

  await page.getByLabel('seats', { exact: true }).fill('2.5')
  await change(page, 'Change the attributes')
  await says(page, 'The attributes were changed.')
  expect(await stored()).toEqual({ plan: 'pro', seats: 2.5, beta: false })
  expect(await fact(page, 'seats').textContent()).toBe('2.5')

  await openForm()
  await press(page, 'Change the attributes')
  await alert(page, 'No value is different.')
  expect(sent).toHaveLength(2)
  await page.getByLabel('plan', { exact: true }).selectOption('')
  await page.getByLabel('beta', { exact: true }).selectOption('true')
  await change(page, 'Change the attributes')
  // The page says the same of the change before.
  await expect.poll(stored).toEqual({ seats: 2.5, beta: true })
  await says(page, 'The attributes were changed.')
  expect(sent).toEqual(Array(3).fill('PUT /admin-api/users/{id}/attributes'))
})
