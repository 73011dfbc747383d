import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/lambda.ts'
import { pageHandler } from './page.ts'

const HTML = '<link href="lamp/page.css"><script src="lamp/page.js"></script>'
const FILES = { 'page.css': 'b { color: red }', 'page.js': "console.log('é')" }

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Accept-Encoding, Origin',
}

const NOT_FOUND = {
  statusCode: 404,
  headers: {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  },
  body: { type: 'about:blank', title: 'Not Found', status: 404, detail: 'Resource not found.' },
}

const get = async (files: Record<string, string>, pathParameters: { file: string } | null) =>
  parsed(
    await pageHandler(
      'lamp',
      HTML,
      files,
    )({ ...sampleEvent('signin.json'), pathParameters }, lambdaContext()),
  )

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

const hashed = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

test('caches revalidate the page, which names its files by hashes of their content', async () => {
  const [style, script] = [hashed(FILES['page.css']), hashed(FILES['page.js'])]
  expect(await get(FILES, null)).toEqual({
    statusCode: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache', ...headers },
    body: `<link href="lamp/page-${style}.css"><script src="lamp/page-${script}.js"></script>`,
  })
})

test.each([
  ['page.css', 'text/css; charset=utf-8'],
  ['page.js', 'text/javascript; charset=utf-8'],
] as const)('caches store %s permanently under that name', async (name, contentType) => {
  const file = name.replace('.', `-${hashed(FILES[name])}.`)
  expect(await get(FILES, { file })).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': contentType,
      'Cache-Control': 'public, max-age=31536000, immutable',
      ...headers,
    },
    body: FILES[name],
  })
})

test.each([
  ['the name without a hash', 'page.js'],
  ['another file’s hash', `page-${hashed(FILES['page.css'])}.js`],
  ['the hash of its earlier content', `page-${hashed('before')}.js`],
  ['a path', '../pages.ts'],
  ['nothing', ''],
])('a file is not found under %s', async (_what, file) => {
  vi.spyOn(console, 'info').mockReturnValueOnce()
  expect(await get(FILES, { file })).toEqual(NOT_FOUND)
})

test('the page is not found at its path with a trailing slash', async () => {
  vi.spyOn(console, 'info').mockReturnValueOnce()
  const event = sampleEvent('signin.json')
  const requestContext = { ...event.requestContext, path: '/dev/lamp/' }
  const response = await pageHandler('lamp', HTML, FILES)({ ...event, requestContext }, lambdaContext())
  expect(parsed(response)).toEqual(NOT_FOUND)
})

test('a page varies by origin if origins are listed', async () => {
  vi.stubEnv('ALLOWED_ORIGINS', 'https://app.example')
  vi.resetModules()
  const anew = await import('./page.ts')
  const event = { ...sampleEvent('signin.json'), headers: { origin: 'https://app.example' } }
  expect(await anew.pageHandler('lamp', HTML, {})(event, lambdaContext())).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...headers,
      'Access-Control-Allow-Origin': 'https://app.example',
      'Access-Control-Expose-Headers': 'Retry-After',
    },
    body: HTML,
  })
})
