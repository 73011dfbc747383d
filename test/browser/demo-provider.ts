import type { Page } from 'playwright-core'
import { expect, inject } from 'vitest'
import { findProvider } from '../../lib/federation/provider.ts'
import { tableAt } from '../support/users/sessions.ts'
import { heading, press } from './browser.ts'

/** Returns the origin of the provider of `npm start`, which has another port each time. */
export async function originOfDemo(dynamoDbUrl = inject('dynamoDbUrl')): Promise<string> {
  const demo = await findProvider(tableAt(dynamoDbUrl), 'demo')
  expect(demo?.issuer).toMatch(/^http:\/\/127\.0\.0\.1:/)
  return String(demo?.issuer)
}

/** Signs in at the provider of `npm start`. A name without a domain has an address that the provider proves. */
export async function signInAtDemo(page: Page, name: string): Promise<void> {
  await press(page, 'Continue with Demo', 'Sign in at Demo')
  await page.getByLabel('Name').fill(name)
  await press(page, 'Continue')
}

/** Creates an account for an identity whose address its provider has proven. */
export async function createIdentity(page: Page, name: string): Promise<void> {
  await heading(page, 'Do you have an account?').waitFor()
  // The field of the sign-in is hidden then.
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await press(page, `Create an account for ${name}@demo.example`)
}
