import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import type { Auth } from '../../client/client.js'
import { nextMail, PASSWORD, typePassword } from './accounts.ts'
import { startAppWithService } from './app-server.ts'
import { open, press, signIn, useBrowser } from './browser.ts'

// What a page shows, what it sends and what the cookie holds belong to the same user: Ada's tab is open, and Bob signs in.

let cases = 0

useBrowser()

const { origin, service } = await startAppWithService(
  (url) => `<title>App</title><p id="shown"></p><script type="module">
    import { createAuth } from '${url}/client.js'
    globalThis.auth = createAuth({ url: '${url}' })
    auth.onChange((user) => { shown.textContent = user?.username ?? 'nobody' })
  </script>`,
  () => ({ limitMailSource: '10000/3600' }),
)
afterAll(() => console.log(`${cases} cases of two users in one browser held`))

/** What runs in a page of the app. */
declare const auth: Auth

interface Person {
  username: string
  password: string
}

const ADA: Person = { username: 'user', password: 'user' }
const appUrl = () => `${origin}/`
const pageUrl = (path: string) => `${service.url}/${path}`

/** Longer than the life of a token. With one that is due and valid, a request is still of the user before. */
const NIGHT_MS = 35 * 60_000

/** A kind of page that may be open: where it is, whom it shows, and how it sends a request with the access token. */
interface Kind {
  url(): string
  /** The origin whose tabs learn of a sign-in. */
  origin: 'app' | 'service'
  shown(page: Page): Promise<string | undefined>
  /** Route of the request that `send` sends. */
  route: string
  send(page: Page, person: Person): Promise<unknown>
  signOut(page: Page, everywhere: boolean): Promise<unknown>
}
interface HTMLElementLike {
  textContent: string
  checkVisibility(): boolean
}

const pressSignOut = (page: Page, everywhere: boolean) =>
  page.click(everywhere ? '#sign-out-everywhere' : '#sign-out')

const KINDS: Record<string, Kind> = {
  'the app': {
    url: appUrl,
    origin: 'app',
    shown: (page) => textOf(page, 'shown'),
    route: '/me',
    send: (page) => page.evaluate((url) => auth.fetch(url).then(() => '', String), pageUrl('me')),
    signOut: (page, everywhere) =>
      page.evaluate((everywhere) => auth.signOut({ everywhere }).then(() => '', String), everywhere),
  },
  '/signin': {
    url: () => pageUrl('signin'),
    origin: 'service',
    shown: async (page) =>
      (await textOf(page, 'name')) ?? ((await textOf(page, 'sign-in-title')) ? 'nobody' : undefined),
    route: '/',
    send: (page) => page.getByRole('button', { name: 'Send GET /', exact: true }).click(),
    signOut: pressSignOut,
  },
  '/account': {
    url: () => pageUrl('account'),
    origin: 'service',
    shown: (page) => textOf(page, 'username'),
    route: '/password',
    // A request that is rejected before anything is counted or changed.
    async send(page, { password }) {
      if (!(await page.isVisible('#old-password'))) await page.click('#change-password summary')
      await page.fill('#old-password', password)
      await page.fill('#new-password', 'short')
      await page.press('#new-password', 'Enter')
    },
    signOut: pressSignOut,
  },
}

/** Where Bob signs in, and the origins whose tabs learn of it. */
interface Place {
  origins: Kind['origin'][]
  signIn(context: BrowserContext): Promise<Person>
}

const BOB: Person = { username: 'admin', password: 'admin' }

const PLACES: Record<string, Place> = {
  '/signin': {
    origins: ['service'],
    async signIn(context) {
      const page = await signInOnPage(context, 'signin')
      await page.locator('#signed-in').filter({ visible: true }).waitFor()
      return BOB
    },
  },
  '/register': {
    origins: ['service'],
    async signIn(context) {
      const bob = newBob()
      const { page, mail } = await askForMail(context, bob)
      await page.fill('#code', mail.code)
      await complete(page, bob)
      return bob
    },
  },
  '/confirm': {
    origins: ['service'],
    async signIn(context) {
      const bob = newBob()
      const { page, mail } = await askForMail(context, bob)
      await page.goto(mail.link)
      await complete(page, bob)
      return bob
    },
  },
  '/signin?next=app': {
    origins: ['service', 'app'],
    async signIn(context) {
      const page = await signInOnPage(context, `signin?next=${encodeURIComponent(appUrl())}`)
      await page.waitForURL(appUrl())
      await expect.poll(() => textOf(page, 'shown')).toBe(BOB.username)
      return BOB
    },
  },
  'a form of the app': {
    origins: ['app'],
    async signIn(context) {
      const page = await openTab(context, appUrl())
      await page.evaluate((bob) => auth.signIn(bob), BOB)
      return BOB
    },
  },
}

interface World {
  context: BrowserContext
  old: Page
  kind: Kind
  bob: Person
  /** Whether the old tab shows Bob already. */
  isLearned: boolean
  /** Whom the old tab showed at first. */
  first: string
  /** Requests with an access token: route and user of the token. */
  sent: string[]
}

/** The old tab shows a user, and has sent its requests as that user only. */
const expectShown = (page: Page, kind: Kind, username: string) =>
  expect.poll(() => kind.shown(page).catch(() => undefined)).toBe(username)

const cookieOf = async (context: BrowserContext) =>
  (await context.cookies(service.url)).find(({ name }) => name === '__Host-refresh')?.value ?? ''

const post = (route: string, body: object) =>
  fetch(pageUrl(route), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
const isLive = async (refreshToken: string) => (await post('refresh', { refreshToken })).status === 200

/** Another session of a user, on another device. */
async function sessionOf({ username, password }: Person): Promise<string> {
  const response = await post('login', { username, password })
  return ((await response.json()) as { refreshToken: string }).refreshToken
}

/** What the page then does, and what must be true of it. */
const ACTIONS: Record<string, (world: World) => Promise<void>> = {
  async 'opens again'({ context, old, kind, bob }) {
    const page = await openTab(context, kind.url())
    await expectShown(page, kind, bob.username)
    await expectShown(old, kind, bob.username)
  },
  async 'is reloaded'({ old, kind, bob }) {
    await old.reload()
    await expectShown(old, kind, bob.username)
  },
  async 'sends with a fresh token'(world) {
    const { old, kind, bob, isLearned, first } = world
    if (first === 'nobody' && !isLearned && kind.origin === 'service') return
    await kind.send(old, isLearned ? bob : ADA)
    const shown = isLearned ? bob.username : first
    if (shown === 'nobody') expect(ofRoute(world)).toEqual([])
    else await expect.poll(() => ofRoute(world)).toEqual([`${kind.route} ${shown}`])
  },
  async 'sends with an expired token'(world) {
    const { context, old, kind, bob, isLearned, first } = world
    if (first === 'nobody' && !isLearned) return
    await sleep(context)
    const sending = kind.send(old, isLearned ? bob : ADA).catch(() => undefined)
    await expectShown(old, kind, bob.username)
    const outcome = await sending
    // The sign-in page refreshes by itself, so its button may send as Bob already.
    const isOwn = isLearned || kind.url() === pageUrl('signin')
    for (const line of ofRoute(world)) expect(line).toBe(`${kind.route} ${bob.username}`)
    if (!isOwn) expect(ofRoute(world)).toEqual([])
    if (!isOwn && kind.origin === 'app') expect(outcome).toMatch(/Another user has signed in/)
  },
  'signs out': (world) => signOut(world, false),
  'signs out everywhere': (world) => signOut(world, true),
}

async function signOut({ context, old, kind, bob, isLearned, first }: World, everywhere: boolean) {
  const [cookie, bobElsewhere, adaElsewhere] = [
    await cookieOf(context),
    await sessionOf(bob),
    await sessionOf(ADA),
  ]
  if (first === 'nobody' && !isLearned && kind.origin === 'service') return
  await kind.signOut(old, everywhere)
  if (isLearned) {
    await expect.poll(() => isLive(cookie)).toBe(false)
    expect(await isLive(bobElsewhere)).toBe(!everywhere)
  } else {
    if (first !== 'nobody') await expectShown(old, kind, bob.username)
    expect(await isLive(bobElsewhere)).toBe(true)
    expect(await isLive(await cookieOf(context))).toBe(true)
  }
  expect(await isLive(adaElsewhere)).toBe(true)
}

const ROWS = Object.keys(KINDS).flatMap((kind) =>
  ['user', 'nobody'].flatMap((first) =>
    Object.keys(PLACES).flatMap((place) =>
      kind === '/account' && first === 'nobody' ? [] : [{ kind, first, place }],
    ),
  ),
)

describe.each(ROWS)('$kind, which shows $first, while Bob signs in at $place', ({ kind, first, place }) => {
  test.each(Object.keys(ACTIONS))('%s', async (action) => {
    const [oldKind, signInPlace] = [KINDS[kind], PLACES[place]]
    if (!oldKind || !signInPlace) throw new Error('no such row')
    await ACTIONS[action]?.(await prepare(oldKind, signInPlace, first))
    cases += 1
  })
})

describe.each(Object.keys(PLACES))('a dialog of /account is open while Bob signs in at %s', (place) => {
  test.each([false, true])('and its change is of Ada, or not sent (token expired: %s)', async (isDue) => {
    const [kind, signInPlace] = [KINDS['/account'], PLACES[place]]
    if (!kind || !signInPlace) throw new Error('no such row')
    const world = await prepare(kind, signInPlace, 'user', async (old) => {
      await old.click('#totp-add')
      await old.fill('#change-password-now', ADA.password)
    })
    const { old, context, bob, isLearned, sent } = world
    const ofFactors = () => sent.filter((line) => line.startsWith('/factors'))
    if (isLearned) {
      // The page has been loaded again: it shows Bob, and no dialog.
      expect(await old.isVisible('#change-dialog')).toBe(false)
      expect(ofFactors()).toEqual([])
    } else {
      if (isDue) await sleep(context)
      await old.click('#change-submit').catch(() => undefined)
      if (isDue) await expectShown(old, kind, bob.username)
      else await old.locator('#totp-dialog').filter({ visible: true }).waitFor()
      expect(ofFactors()).toEqual(isDue ? [] : ['/factors/totp user'])
    }
    cases += 1
  })
})

const textOf = async (page: Page, id: string) =>
  (await page.evaluate((id) => {
    const shown = (
      globalThis as unknown as { document: { getElementById(id: string): HTMLElementLike | null } }
    ).document.getElementById(id)
    return shown?.checkVisibility() ? shown.textContent : undefined
  }, id)) || undefined

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Signs out first, as a user does who sees another one on the page. */
async function signInOnPage(context: BrowserContext, path: string): Promise<Page> {
  const page = await openTab(context, pageUrl('signin'))
  await page.locator('#sign-out, #sign-in-title').filter({ visible: true }).first().waitFor()
  if (await page.isVisible('#sign-out')) await pressSignOut(page, false)
  await page.locator('#signed-out').filter({ visible: true }).waitFor()
  await page.goto(pageUrl(path))
  await page.locator('#signed-out').filter({ visible: true }).waitFor()
  await signIn(page, BOB.username)
  return page
}

const newBob = (): Person => ({ username: `bob${randomBytes(4).toString('hex')}`, password: PASSWORD })

async function askForMail(context: BrowserContext, { username }: Person) {
  const page = await openTab(context, pageUrl('register'))
  await page.fill('#email', `${username}@example.org`)
  await press(page, 'Send mail')
  return { page, mail: await nextMail(`${username}@example.org`, service.url) }
}

async function complete(page: Page, { username, password }: Person) {
  await page.locator('[name="username"]').filter({ visible: true }).fill(username)
  await typePassword(page, password)
  await press(page, 'Create account')
  await page.locator('#done-account').filter({ visible: true }).waitFor()
}

const ofRoute = ({ sent, kind }: World) => sent.filter((line) => line.startsWith(`${kind.route} `))

/** Lets the tokens of all pages expire, as in a sleep of the device: no timer fires. */
const sleep = (context: BrowserContext) => context.clock.setSystemTime(Date.now() + NIGHT_MS)

/** Opens the old tab, signs Bob in, and waits until the old tab has learned what it can. */
async function prepare(kind: Kind, place: Place, first: string, begin?: (old: Page) => Promise<void>) {
  const page = await open(appUrl(), { origins: [service.url], known: /./ })
  const context = page.context()
  if (first !== 'nobody') await page.evaluate((ada) => auth.signIn(ada), ADA)
  const old = await openTab(context, kind.url())
  await expectShown(old, kind, first)
  await page.close()
  await begin?.(old)
  const bob = await place.signIn(context)
  const isLearned = place.origins.includes(kind.origin)
  await expectShown(old, kind, isLearned ? bob.username : first)
  const sent: string[] = []
  context.on('request', (request) => {
    const [, token] = /^Bearer (.+)$/.exec(request.headers().authorization ?? '') ?? []
    if (token) sent.push(`${new URL(request.url()).pathname} ${decodeJwt(token).username}`)
  })
  return { context, old, kind, bob, isLearned, first, sent }
}
