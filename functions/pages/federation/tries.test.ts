import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const { keepResponse, keepTry, takeResponse } = await import('./tries.js' as string)

const stored = new Map<string, string>()

beforeEach(() => {
  stored.clear()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('a response leads to the page that began, which takes it once', () => {
  keepTry('s1', 'signin?again&next=account')
  expect(keepResponse('google', '?code=a&state=s1')).toBe('signin?again&next=account')
  expect(takeResponse()).toEqual({ provider: 'google', query: 'code=a&state=s1' })
  expect(takeResponse()).toBeNull()
  expect(stored.size).toBe(0)
})

test.each([
  ['s2', 'signin'],
  ['l2', 'account'],
  ['', 'signin'],
  ['//elsewhere.example', 'signin'],
])('a response with the other state "%s" leads to %s, and the tab keeps its own try', (state, page) => {
  keepTry('s1', 'signin?next=account')
  expect(keepResponse('google', `?code=a&state=${encodeURIComponent(state)}`)).toBe(page)
  expect(keepResponse('google', '?code=a&state=s1')).toBe('signin?next=account')
})

test('a response without a try of the tab leads to the page of its purpose', () => {
  expect(keepResponse('google', 'code=a&state=l1')).toBe('account')
})

test.each([
  ['?code=a&state=b&iss=c&session_state=d&user=e#f', 'code=a&state=b&iss=c'],
  ['?state=a&state=b', 'state=a&state=b'],
  ['?error=access_denied&error_description=x&state=b', 'error=access_denied&state=b'],
])('the page sends only what the service needs of the response %s', (query, kept) => {
  keepResponse('google', query)
  expect(takeResponse().query).toBe(kept)
})

test('a tab without storage has no response', () => {
  vi.stubGlobal('sessionStorage', undefined)
  expect(takeResponse()).toBeNull()
})
