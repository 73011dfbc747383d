import { expect, test } from 'vitest'
import { createAuth, type Edges } from './client.js'

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const CLAIMS = { sub: 'id of ada', username: 'ada', role: 'user', act: { sub: 'id of sue' } }
const TOKEN = `header.${part(CLAIMS)}.signature`
const ADA = { id: 'id of ada', username: 'ada', role: 'user' }
const ISSUED = () => Response.json({ authToken: TOKEN, tokenType: 'Bearer', expiresIn: 1800 })

test('a page that an operator opens shows the banner at once, and then whose page it is', async () => {
  const page = open('#act-as=the-code')
  expect(page.banner()).toEqual(['', 'You see this as another user.'])
  expect(page.address).toBe('https://app.example.com/orders?open=1')
  expect([page.auth.user, page.auth.actor]).toEqual([undefined, undefined])
  expect(await page.auth.getAccessToken()).toBe(TOKEN)
  expect([page.auth.user, page.auth.actor]).toEqual([ADA, { userId: 'id of sue' }])
  expect(page.banner()).toEqual(['id of sue', 'You see this as ada.'])
  expect(page.seen).toEqual(['ada'])
  expect(page.sent).toEqual([
    ['POST', 'https://auth.example.com/act-as/token', 'omit', null, '{"code":"the-code"}'],
  ])
})

test('its requests have the token and no cookie, and go to the places of the application only', async () => {
  const page = open('#act-as=the-code')
  await page.auth.fetch('https://api.example.com/orders', { credentials: 'include' })
  expect(page.sent.at(-1)).toEqual(['GET', 'https://api.example.com/orders', 'omit', `Bearer ${TOKEN}`, ''])
  await expect(page.auth.fetch('https://evil.example/')).rejects.toThrow('is not in apis')
})

test('a second client of the page acts as the same user, and never uses the session of the operator', async () => {
  const page = open('#act-as=the-code')
  const other = createAuth({ url: 'https://auth.example.com', actAs: true }, page.edges)
  expect(await other.refresh()).toEqual(ADA)
  expect(page.sent).toHaveLength(1)
})

test('such a page signs no user in, and its end is a new page', async () => {
  const page = open('#act-as=the-code')
  const refused = { status: 403, message: 'You see this page as another user. End that first.' }
  await expect(page.auth.signIn({ username: 'ada', password: 'x' })).rejects.toMatchObject(refused)
  await expect(page.auth.post('logout', {})).rejects.toMatchObject(refused)
  await page.auth.signOut()
  page.click()
  expect(page.reloads).toBe(2)
  expect(page.sent).toHaveLength(1)
})

test('after its lifetime, the page has no user and no token', async () => {
  const page = open('#act-as=the-code')
  await page.auth.refresh()
  expect(page.timers).toEqual([1_800_000])
  page.expire()
  expect([page.auth.user, await page.auth.getAccessToken()]).toEqual([null, undefined])
  expect(page.banner()[1]).toBe('This has ended. Open the user from the console again.')
})

test('a code that the service refuses shows no user, and says why', async () => {
  const detail = 'Open the user from the console again.'
  const page = open('#act-as=spent', () => Response.json({ detail }, { status: 401 }))
  expect(await page.auth.refresh()).toBeNull()
  await page.auth.fetch('https://api.example.com/orders')
  expect(page.banner()).toEqual(['', detail])
  expect(page.sent.at(-1)?.[3]).toBeNull()
  expect(page.sent).toHaveLength(2)
})

test('the banner is a status above the page, with a button that ends the act', () => {
  const { elements } = open('#act-as=the-code')
  expect(elements).toMatchObject([
    {
      tag: 'div',
      attributes: { role: 'status' },
      style: {
        position: 'fixed',
        inset: '0 0 auto',
        zIndex: '2147483647',
        padding: '6px 12px',
        background: '#7a1f00',
        color: '#fff',
        font: '16px/1.5 system-ui, sans-serif',
        textAlign: 'center',
      },
      children: [{ tag: 'span' }, { tag: 'button', textContent: 'End', style: { marginLeft: '12px' } }],
    },
  ])
})

test('a script without a document acts too, and shows nothing', async () => {
  const { edges } = open('')
  const location = { href: 'https://app.example.com/#act-as=the-code', hash: '#act-as=the-code' }
  const bare = { ...edges, document: undefined, history: undefined, location } as unknown as Edges
  const auth = createAuth({ url: 'https://auth.example.com', actAs: true }, bare)
  expect(await auth.refresh()).toEqual(ADA)
  await auth.signOut()
})

test('a page that gets a second code acts as the user of that one', async () => {
  const page = open('#act-as=the-code')
  await page.auth.refresh()
  Object.assign(page.edges.location as object, {
    href: 'https://app.example.com/#act-as=b',
    hash: '#act-as=b',
  })
  await createAuth({ url: 'https://auth.example.com', actAs: true }, page.edges).refresh()
  expect(page.sent.map(([, , , , body]) => body)).toEqual(['{"code":"the-code"}', '{"code":"b"}'])
})

test('a listener gets the user at once, if known, until it is stopped', async () => {
  const page = open('#act-as=the-code')
  const seen: unknown[] = []
  const stopEarly = page.auth.onChange((user) => seen.push(['early', user]))
  stopEarly()
  await page.auth.refresh()
  page.auth.onChange((user) => seen.push(['late', user]))
  page.auth.onChange((user) => seen.push(['stopped', user]))()
  await page.auth.refresh()
  expect(seen).toEqual([['late', ADA]])
})

test.each(['#orders', '', '#orders#act-as=the-code'])(
  'a page with the fragment "%s" has no user, and sends nothing',
  async (hash) => {
    const page = open(hash)
    expect(await page.auth.refresh()).toBeNull()
    expect(page.banner()).toEqual(['', 'This has ended. Open the user from the console again.'])
    expect(page.sent).toEqual([])
  },
)

test('a page without actAs has a session, and no banner', async () => {
  const page = open('#act-as=the-code', () => Response.json({}, { status: 401 }), false)
  expect(await page.auth.refresh()).toBeNull()
  expect(page.sent[0]).toEqual(['POST', 'https://auth.example.com/refresh', 'include', null, '{}'])
  expect([page.address, page.auth.actor]).toEqual([undefined, undefined])
  expect(page.elements).toEqual([])
})

/** Opens a page with a client. What it shows and sends is recorded. */
function open(hash: string, respond = ISSUED, actAs = true) {
  const elements: FakeElement[] = []
  const sent: unknown[][] = []
  const timers: number[] = []
  const acts: (() => void)[] = []
  const page = { address: undefined as string | undefined, reloads: 0 }
  const location = {
    href: `https://app.example.com/orders?open=1${hash}`,
    hash,
    reload: () => page.reloads++,
  }
  const edges = {
    fetch: async (input: string | Request, init?: RequestInit) => {
      const request = new Request(input, init)
      const { method, url, credentials, headers } = request
      sent.push([method, url, credentials, headers.get('Authorization'), await request.text()])
      return respond()
    },
    setTimeout: (act: () => void, ms = 0) => timers.push(ms) && acts.push(act),
    clearTimeout: () => undefined,
    Date,
    performance,
    Math,
    navigator: {},
    location,
    history: {
      state: null,
      replaceState: (_state: null, _title: string, href: string) => {
        page.address = href
        Object.assign(location, { href, hash: '' })
      },
    },
    document: {
      createElement: (tag: string) => new FakeElement(tag),
      documentElement: { append: (element: FakeElement) => elements.push(element) },
    },
  } as unknown as Edges
  const options = { url: 'https://auth.example.com', apis: ['https://api.example.com'], actAs }
  const auth = createAuth(options, edges)
  const seen: (string | null)[] = []
  auth.onChange((user) => seen.push(user?.username ?? null))
  return Object.assign(page, {
    auth,
    edges,
    elements,
    seen,
    sent,
    timers,
    expire: () => acts.at(-1)?.(),
    click: () => elements[0]?.children[1]?.onclick?.(),
    banner: () => [elements[0]?.attributes['data-auth-actor'], elements[0]?.children[0]?.textContent],
  })
}

class FakeElement {
  readonly tag: string
  readonly style = {}
  readonly attributes: Record<string, string> = {}
  children: FakeElement[] = []
  textContent = ''
  onclick: (() => void) | undefined
  constructor(tag: string) {
    this.tag = tag
  }
  setAttribute(name: string, value: string) {
    this.attributes[name] = value
  }
  append(...children: FakeElement[]) {
    this.children = children
  }
}
