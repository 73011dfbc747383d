import { UnauthorizedError } from '@modelcontextprotocol/client'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { createMcpClient, Device, type REVISIONS, STATE } from '../oauth/mcp.ts'
import { heading, press, signIn } from './browser.ts'

export const NOTES = /^Notes of [\w-]{22}: buy milk$/

/** A client of the Model Context Protocol. */
interface Judge {
  /** A `client_id`, or the URL of a metadata document. */
  id: string
  /** Redirect URI: a page with the title of {@link DONE}. */
  callback: string
  /** As the screen shows it. */
  name: string
}

/** The title of the page at the end of a sign-in. */
export const DONE = 'You may close this tab'

/** Opens the page that a client asks for, and returns what it gets at its redirect URI. The demo user signs in, if that is needed. */
async function allow(page: Page, { name }: Judge, device: Device, sentences: string[]) {
  const { asked } = device
  device.asked = undefined
  await page.goto(String(asked))
  const screen = heading(page, `Continue as user to ${name}`)
  const form = page.getByLabel('Username')
  await screen.or(form).waitFor()
  if (await form.isVisible()) await signIn(page, 'user')
  await screen.waitFor()
  for (const sentence of sentences) await page.getByText(sentence).waitFor()
  await press(page, 'Continue')
  await heading(page, DONE).waitFor()
  const { searchParams } = new URL(page.url())
  expect(searchParams.get('state')).toBe(STATE)
  return searchParams
}

/** Signs the demo user in at an MCP server, by a client that knows only its URL. */
export async function signInAt(url: string, page: Page, judge: Judge, revision?: (typeof REVISIONS)[number]) {
  const device = new Device(judge.id, judge.callback)
  const unauthorized = createMcpClient(url, device, revision)
  await expect(unauthorized.connect()).rejects.toThrow(UnauthorizedError)
  expect(device.asked?.searchParams.get('client_id')).toBe(judge.id)
  expect(device.asked?.searchParams.get('resource')).toBe(url)
  await unauthorized.transport.finishAuth(await allow(page, judge, device, ['See your username']))
  const client = createMcpClient(url, device, revision)
  await client.connect()
  return {
    device,
    client,
    token: () => device.stored?.access_token ?? '',
    /** Calls the tool that needs another scope, which the user allows. */
    async readNotes() {
      await expect(client.call('list-notes')).rejects.toThrow(UnauthorizedError)
      const sentences = ['See your username', 'See your notes']
      await client.transport.finishAuth(await allow(page, judge, device, sentences))
      expect(await client.call('list-notes')).toMatch(NOTES)
    },
  }
}

export type Session = Awaited<ReturnType<typeof signInAt>>
