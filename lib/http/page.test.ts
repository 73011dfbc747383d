import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import { pageHandler } from './page.ts'

const HTML = '<link href="lamp/page.css"><script src="lamp/page.js"></script>'
const FILES = { 'page.css': 'b { color: red }', 'page.js': "console.log('é')" }

const eventOf = (path: string, pathParameters: { file: string } | null = null) => {
  const event = sampleEvent('signin')
  return { ...event, pathParameters, requestContext: { ...event.requestContext, path: `/dev/${path}` } }
}

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Accept-Encoding, Origin',
}
const ofPage = { ...headers, Vary: 'Accept-Encoding, Accept-Language, Origin' }

const NOT_FOUND = {
  statusCode: 404,
  headers: {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Strict-Transport-Security': 'max-age=31536000',
  },
  body: {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Resource not found.',
    code: 'not_found',
  },
}

const get = async (files: Record<string, string>, pathParameters: { file: string } | null) => {
  const path = pathParameters === null ? 'lamp' : `lamp/${pathParameters.file}`
  return parsed(
    await pageHandler({ folder: 'lamp', pages: () => ({ lamp: HTML }), files })(
      eventOf(path, pathParameters),
      lambdaContext(),
    ),
  )
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

const hashed = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

test('caches revalidate the page, which names its files by hashes of their content', async () => {
  const [style, script] = [hashed(FILES['page.css']), hashed(FILES['page.js'])]
  expect(await get(FILES, null)).toEqual({
    statusCode: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache', ...ofPage },
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
  const response = await pageHandler({ folder: 'lamp', pages: () => ({ lamp: HTML }), files: FILES })(
    eventOf('lamp/'),
    lambdaContext(),
  )
  expect(parsed(response)).toEqual(NOT_FOUND)
})

test('several pages share one folder of files, and scripts import the hashed names of those above', async () => {
  const pages = { lamp: '<script src="lamp/page.js"></script>', bulb: '<script src="lamp/bulb.js"></script>' }
  const form = 'export const lit = true'
  const page = 'import{lit}from"./form.js";await import("./form.js");import"./unknown.js"'
  const handler = pageHandler({
    folder: 'lamp',
    pages: () => pages,
    files: { 'form.js': form, 'page.js': page, 'bulb.js': 'b' },
  })
  const linked = page.replaceAll('form.js', `form-${hashed(form)}.js`)
  const file = `page-${hashed(linked)}.js`
  const bodyOf = async (...event: Parameters<typeof eventOf>) =>
    parsed(await handler(eventOf(...event), lambdaContext())).body
  expect(await bodyOf('lamp')).toBe(`<script src="lamp/${file}"></script>`)
  expect(await bodyOf('bulb')).toBe(`<script src="lamp/bulb-${hashed('b')}.js"></script>`)
  expect(await bodyOf(`lamp/${file}`, { file })).toBe(linked)
  vi.spyOn(console, 'info').mockReturnValue()
  expect(await bodyOf('lamp/bulb', { file: 'bulb' })).toEqual(NOT_FOUND.body)
})

test('pages of all origins may import a module, which caches keep for five minutes', async () => {
  const handler = pageHandler({
    folder: 'lamp',
    pages: () => ({}),
    files: {},
    modules: { 'lamp.js': 'export {}' },
  })
  expect(await handler(eventOf('lamp.js'), lambdaContext())).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=300',
      ...headers,
      'Access-Control-Allow-Origin': '*',
    },
    body: 'export {}',
  })
})

test('a page has the parts that it has the name of', async () => {
  const html = '<p>\n  <!-- if mail -->\n  a\n  <!-- end -->\n  <!-- if pages -->\n  b\n  <!-- end -->\n</p>'
  let parts: string[] = []
  const readContent = () => ({ parts, texts: {} })
  const handler = pageHandler({ folder: 'lamp', pages: () => ({ lamp: html }), files: {}, readContent })
  const bodyOf = async () => (await handler(eventOf('lamp'), lambdaContext())).body
  expect(await bodyOf()).toBe('<p>\n</p>')
  parts = ['mail']
  expect(await bodyOf()).toBe('<p>\n  a\n</p>')
  parts = ['pages', 'mail']
  expect(await bodyOf()).toBe('<p>\n  a\n  b\n</p>')
})

test('a page has the texts that it names, escaped for HTML', async () => {
  const html = '<meta content="{{origins}}"><p>{{missing}}{{origins}}</p>'
  let origins = ''
  const readContent = () => ({ parts: [], texts: { origins } })
  const handler = pageHandler({ folder: 'lamp', pages: () => ({ lamp: html }), files: {}, readContent })
  const bodyOf = async () => (await handler(eventOf('lamp'), lambdaContext())).body
  expect(await bodyOf()).toBe('<meta content=""><p></p>')
  origins = '"><b>&$&{{missing}}'
  const escaped = '&quot;>&lt;b>&amp;$&amp;{{missing}}'
  expect(await bodyOf()).toBe(`<meta content="${escaped}"><p>${escaped}</p>`)
})

test('a page varies by origin if origins are listed', async () => {
  vi.stubEnv('AUTH_ALLOWED_ORIGINS', 'https://app.example')
  vi.resetModules()
  const anew = await import('./page.ts')
  const event = {
    ...eventOf('lamp'),
    headers: { origin: 'https://app.example', 'X-Forwarded-Proto': 'https' },
  }
  expect(
    await anew.pageHandler({ folder: 'lamp', pages: () => ({ lamp: HTML }), files: {} })(
      event,
      lambdaContext(),
    ),
  ).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...ofPage,
      'Access-Control-Allow-Origin': 'https://app.example',
      'Access-Control-Expose-Headers': 'Retry-After',
    },
    body: HTML,
  })
})
