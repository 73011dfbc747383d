import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { serviceUrl } from './accounts.ts'
import { heading, type open, pauseClock, press, useBrowser } from './browser.ts'
import { addUser as addAccount, says } from './console.ts'
import { addUser, begin, expectCode, screen, startShop } from './shop.ts'

// A page of another site lets its visitor click, type or tap without a pause. The first input opens a page of the service, and the next
// ones fall on its button. Ten seconds pass by the clock of the page, so a slow machine does not make a pause.

useBrowser()
const shop = await startShop()
const username = await addUser()

const GAME_MS = 10_000
const HOLD_MS = 33

/** Where the visitor clicks: on the button. */
interface Spot {
  x: number
  y: number
}

/** A game: what its visitor does in each round, and how long a round takes. */
interface Game {
  name: string
  paceMs: number
  play(page: Page, spot: Spot, round: number): Promise<unknown>
  options?: Parameters<typeof open>[1]
}

const clicks = [40, 120, 250, 400].map((paceMs) => ({
  name: `clicks each ${paceMs} ms`,
  paceMs,
  play: (page: Page, { x, y }: Spot) => page.mouse.click(x, y),
}))

const GAMES: Game[] = [
  ...clicks,
  {
    name: 'a held Enter, with Tab at first',
    paceMs: HOLD_MS,
    async play(page, _spot, round) {
      if (round === 0) await page.keyboard.press('Tab')
      // Without a release, each one but the first is a repetition.
      await page.keyboard.down('Enter')
    },
  },
  {
    name: 'Space and Tab in turn',
    paceMs: 250,
    async play(page, _spot, round) {
      await page.keyboard.press('Tab')
      // Back to the button.
      if (round > 0) await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Space')
    },
  },
  {
    name: 'Enter on the button, each 400 ms',
    paceMs: 400,
    play: (page, _spot, round) => page.keyboard.press(round === 0 ? 'Tab' : 'Enter'),
  },
  {
    name: 'a double tap, and more',
    paceMs: 200,
    play: (page, { x, y }) => page.touchscreen.tap(x, y),
    options: { hasTouch: true },
  },
  {
    name: 'a press that begins in the second, and ends late',
    paceMs: GAME_MS / 2,
    async play(page, { x, y }, round) {
      await page.mouse.move(x, y)
      await (round === 0 ? page.mouse.down() : page.mouse.up())
    },
  },
  {
    name: 'a page that moves under the pointer',
    paceMs: 1_500,
    async play(page, { x, y }, round) {
      await page.evaluate(
        "globalThis.moved = new Promise((end) => addEventListener('resize', () => end(1))), 0",
      )
      await page.setViewportSize({ width: 1280, height: 700 + (round % 2) * 50 })
      await page.evaluate('moved')
      await page.mouse.click(x, y)
    },
  },
]

/**
 * Counts the requests of a page that give something away: an approval with a click, a sign-out that the user has agreed to, or a change of
 * an operator. An approval that the page repeats with the access token is the same one.
 */
function consentsOf(page: Page): () => number {
  let count = 0
  page.on('request', (request) => {
    if (request.url().includes('/admin-api/') && request.method() !== 'GET') count += 1
    if (!/\/oauth2\/(approve|signout)$/.test(request.url())) return
    const { click, sub } = JSON.parse(request.postData() ?? '{}')
    if ((click || sub) && !request.headers().authorization) count += 1
  })
  return () => count
}

interface Guarded {
  /** Who is signed in, if another one than the user of the shop. */
  as?: string
  url: string
  button: string
  /** Waits until the page asks. */
  asks(page: Page): Promise<void>
  /** Waits for what follows the click. */
  follows(page: Page): Promise<unknown>
}

/** Opens the page as a person does. @returns Where the button is, and the cookies of the person. */
async function visit({ as = username, url, button, asks }: Guarded) {
  const page = await shop.open()
  await begin(page, as)
  await shop.click(page, url)
  await asks(page)
  const box = Object(await page.getByRole('button', { name: button, exact: true }).boundingBox())
  const spot: Spot = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  return { spot, storageState: await page.context().storageState() }
}

/** Plays a game, and then waits for a second and clicks once. @returns What each of both gave away. */
async function play(
  { play: act, paceMs, options }: Game,
  { url, button, asks, follows }: Guarded,
  { spot, storageState }: Awaited<ReturnType<typeof visit>>,
) {
  const page = await shop.open({ ...options, storageState })
  await page.goto(shop.pageOf(url, 'cover'))
  const consents = consentsOf(page)
  await pauseClock(page)
  await page.mouse.click(spot.x, spot.y)
  await asks(page)
  for (let round = 0; round * paceMs < GAME_MS; round += 1) {
    await act(page, spot, round)
    await page.clock.runFor(paceMs)
  }
  const given = consents()
  await page.clock.runFor(1_000)
  await page.getByRole('button', { name: button, exact: true }).click()
  await follows(page)
  return [given, consents()]
}

const authorize: Guarded = {
  url: shop.requestOf(await shop.register({ type: 'native' })),
  button: 'Continue',
  asks: (page) => screen(page, username),
  follows: expectCode,
}
const logout: Guarded = {
  url: `${serviceUrl()}/oauth2/logout?client_id=${await shop.register()}`,
  button: 'Sign out',
  asks: (page) => heading(page, 'Sign out?').waitFor(),
  follows: (page) => heading(page, 'Signed out').waitFor(),
}

const target = await addAccount()
const clerk = await addAccount({ role: 'support' })
/** The operator has pressed the button of the account before the game begins. */
const change: Guarded = {
  as: clerk.username,
  url: `${serviceUrl()}/admin-console#/users/${target.id}`,
  button: 'Send the mail',
  async asks(page) {
    await heading(page, target.username).waitFor()
    await press(page, 'Send a mail for a new password')
    // From the first button, Tab leads to the next one. From the last one, it would leave the page.
    await page.getByRole('dialog').getByRole('heading').click()
  },
  follows: (page) => says(page, 'The mail is on its way.'),
}

describe('a game of another site gives nothing away, and the first click after a pause gives', () => {
  test.each(GAMES)('a code: $name', async (game) => {
    expect(await play(game, authorize, await visit(authorize))).toEqual([0, 1])
  })

  test.each(GAMES)('a sign-out: $name', async (game) => {
    expect(await play(game, logout, await visit(logout))).toEqual([0, 1])
  })

  test.each(GAMES)('a change of a user: $name', async (game) => {
    expect(await play(game, change, await visit(change))).toEqual([0, 1])
  })
})
