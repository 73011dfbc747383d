import { expect, test } from 'vitest'

/** As a module: the handler imports it as text. */
const { nextUrl }: { nextUrl(page: string, allowedOrigins: readonly string[]): string | undefined } =
  await import(new URL('./next.js', import.meta.url).href)

const PAGE = 'https://auth.example.com/prod/signin'
const APP = 'https://app.example.com'

const nextOf = (next: string, allowed = [APP], page = PAGE) =>
  nextUrl(`${page}?next=${encodeURIComponent(next)}`, allowed)

const LEADS_ON: [next: string, url: string][] = [
  ['account', 'https://auth.example.com/prod/account'],
  ['account#change-password', 'https://auth.example.com/prod/account#change-password'],
  [
    'admin-console#/users/AAAAAAAAAAAAAAAAAAAAAA',
    'https://auth.example.com/prod/admin-console#/users/AAAAAAAAAAAAAAAAAAAAAA',
  ],
  ['/prod/docs?a=b', 'https://auth.example.com/prod/docs?a=b'],
  ['https://auth.example.com/', 'https://auth.example.com/'],
  ['https://AUTH.example.com:443/x', 'https://auth.example.com/x'],
  [`${APP}/orders?id=1#last`, `${APP}/orders?id=1#last`],
  ['//app.example.com/orders', `${APP}/orders`],
  // A name that looks like a scheme, and a path with a URL in it.
  ['https:account', 'https://auth.example.com/prod/account'],
  ['/https://evil.example', 'https://auth.example.com/https://evil.example'],
]

test.each(LEADS_ON)('the sign-in page leads from next=%s to %s', (next, url) => {
  expect(nextOf(next)).toBe(url)
})

const REFUSED = [
  '',
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'javascript://auth.example.com/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://auth.example.com/1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  'filesystem:https://auth.example.com/temporary/x',
  'file:///etc/passwd',
  'about:blank',
  'ftp://auth.example.com/',
  'ws://auth.example.com/',
  'view-source:https://auth.example.com/',
  'mailto:ada@example.org',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '\\\\evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\u0000//evil.example',
  ' //evil.example',
  'https://evil.example',
  'https:\\\\evil.example',
  'https:/\\evil.example',
  'https://evil.example\\@auth.example.com',
  'http:evil.example',
  'https://evil.example#@auth.example.com',
  'https://evil.example?https://auth.example.com',
  'https://auth.example.com@evil.example',
  'https://auth.example.com:443@evil.example',
  'https://auth.example.com.evil.example',
  'https://auth.example.comevil.example',
  'https://evil.auth.example.com',
  'https://auth.example.com.',
  'https://auth.exаmple.com',
  // User info, with an allowed origin.
  'https://ada@auth.example.com/prod/account',
  'https://:secret@auth.example.com/prod/account',
  '//ada:secret@app.example.com',
  // Other scheme and ports.
  'http://auth.example.com/',
  'https://auth.example.com:8443/',
  'https://auth.example.com:80/',
  'https://app.example.com:444/',
  'http://app.example.com/',
  'https://app.example.com.evil.example/',
  'https://app.example.co',
  'https://APP.example.com.',
  'https://example.com',
]

test.each(REFUSED)('the sign-in page does not lead to next=%j', (next) => {
  expect(nextOf(next)).toBeUndefined()
})

test('the first next counts, and a page without one leads nowhere', () => {
  expect(nextUrl(PAGE, [APP])).toBeUndefined()
  expect(nextUrl(`${PAGE}?next`, [APP])).toBeUndefined()
  expect(nextUrl(`${PAGE}?next=//evil.example&next=account`, [APP])).toBeUndefined()
})

test('a service that allows all or no origins leads to its own origin only', () => {
  // What the page gets of `*` and of an empty list.
  for (const allowed of [[''], ['*'], ['null'], []]) {
    expect(nextOf('account', allowed)).toBe('https://auth.example.com/prod/account')
    for (const next of [...REFUSED, APP]) expect(nextOf(next, allowed)).toBeUndefined()
  }
})

test('with http://localhost as its own origin, a page refuses other ports and 127.0.0.1', () => {
  const page = 'http://localhost:3000/signin'
  expect(nextOf('/account', [], page)).toBe('http://localhost:3000/account')
  expect(nextOf('http://localhost:5173/', ['http://localhost:5173'], page)).toBe('http://localhost:5173/')
  const refused = [
    'http://localhost:5173/',
    'http://localhost/',
    'http://127.0.0.1:3000/',
    'https://localhost:3000/',
  ]
  for (const next of refused) expect(nextOf(next, [], page)).toBeUndefined()
  console.info(`${LEADS_ON.length + REFUSED.length} values of next: ${REFUSED.length} refused`)
})
