import { afterEach, expect, test, vi } from 'vitest'

interface PageUrl {
  pageUrl(url: string, options?: { again?: boolean; next?: string | undefined }): string
  nextPageUrl(next: string): string
  withoutLanguage(query: string): string
}

/** As a module: the handler imports it as text. */
const { nextPageUrl, pageUrl, withoutLanguage }: PageUrl = await import(
  new URL('./page-url.js', import.meta.url).href
)

const SERVICE = 'https://auth.example.com/prod/'

/** Opens a page of the service, whose language is German. */
function openPage(path: string): void {
  vi.stubGlobal('location', new URL(path, SERVICE))
  vi.stubGlobal('document', { documentElement: { lang: 'de' } })
}

afterEach(() => {
  vi.unstubAllGlobals()
})

const APP = 'oauth2/authorize?client_id=a&ui_locales=de'

test.each<[present: string, arguments: Parameters<PageUrl['pageUrl']>, url: string]>([
  // Without a choice, URLs have no language.
  ['signin', ['register'], 'register'],
  ['signin', ['signin?next=account'], 'signin?next=account'],
  ['account', ['signin', { next: 'account#change-password' }], 'signin?next=account%23change-password'],
  ['account', ['signin', { again: true, next: 'account' }], 'signin?again&next=account'],
  ['signin?next=account', ['register', { next: 'account' }], 'register?next=account'],
  ['account', ['/prod/confirm'], '/prod/confirm'],
  // The choice of the reader stays, with the rest of the URL.
  ['signin?lang=de', ['register'], 'register?lang=de'],
  ['signin?lang=de', ['signin?next=account'], 'signin?next=account&lang=de'],
  ['account?lang=de', ['signin', { again: true, next: 'account' }], 'signin?again&lang=de&next=account'],
  ['admin-console?lang=de', ['admin-console#/users/a'], 'admin-console?lang=de#/users/a'],
  ['oauth2/authorize?a=b&lang=de', ['../signin'], '../signin?lang=de'],
  // A URL names one language: that of the page.
  ['signin?lang=fr&lang=de', ['register?lang=en'], 'register?lang=de'],
  ['signin?lang=%22%3E%3Cb%26', ['register'], 'register?lang=de'],
  ['signin?lang=', ['register'], 'register'],
  // The languages of an app, also in `next`.
  [
    `signin?next=${encodeURIComponent(APP)}`,
    ['register', { next: APP }],
    'register?lang=de&next=oauth2/authorize?client_id=a%26ui_locales=de',
  ],
  [`signin?next=${encodeURIComponent(APP)}`, ['account'], 'account?lang=de'],
  ['oauth2/logout?ui_locales=de', ['/prod/oauth2/logout'], '/prod/oauth2/logout?lang=de'],
  [
    `signin?lang=en&next=${encodeURIComponent(APP)}`,
    ['register', { next: APP }],
    'register?lang=de&next=oauth2/authorize?client_id=a%26ui_locales=de',
  ],
])('from %s, pageUrl(...%j) is %s', (present, given, url) => {
  openPage(present)
  expect(pageUrl(...given)).toBe(url)
})

test.each([
  ['signin?lang=de', `${SERVICE}account#sessions`, `${SERVICE}account?lang=de#sessions`],
  ['signin?lang=de', 'account', 'account?lang=de'],
  ['signin?lang=de', `${SERVICE}${APP}`, `${SERVICE}${APP}&lang=de`],
  ['signin', `${SERVICE}account`, `${SERVICE}account`],
  // What is no page of this service gets its URL unchanged.
  ['signin?lang=de', 'https://auth.example.com/shop', 'https://auth.example.com/shop'],
  ['signin?lang=de', 'https://auth.example.com/account', 'https://auth.example.com/account'],
  ['signin?lang=de', 'https://app.example.com/prod/account', 'https://app.example.com/prod/account'],
])('from %s, a sign-in for %s leads to %s', (present, next, url) => {
  openPage(present)
  expect(nextPageUrl(next)).toBe(url)
})

test.each([
  ['', ''],
  ['?lang=de', ''],
  ['?client_id=a%20b&lang=de&state=&scope=c+d', '?client_id=a%20b&state=&scope=c+d'],
  ['?lang=fr&a=b&lang=de', '?a=b'],
  ['?language=de&a=lang=de', '?language=de&a=lang=de'],
])('without its language, the query "%s" is "%s"', (query, rest) => {
  expect(withoutLanguage(query)).toBe(rest)
})
