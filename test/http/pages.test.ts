import { createHash } from 'node:crypto'
import { describe, expect, inject, test } from 'vitest'
import { compressedBytes, readServed } from '../../packages/client.ts'
import { packageChangedProd, packageProd } from '../infrastructure/packaged.ts'
import { get, NOT_FOUND, send, sendForAll } from '../support/http/http.ts'
import { describeService } from '../support/process/service-description.ts'

const url = inject('serviceUrl')

const filesOf = (page: string) => [
  ...page.matchAll(/(?:href|src)="((?:docs|signin|confirm|authorize|admin-console)\/[^"]+)"/g),
]

describe.each([
  { page: 'docs', folder: 'docs', files: 4, pageBytes: 10_000, scriptBytes: Number.POSITIVE_INFINITY },
  { page: 'signin', folder: 'signin', files: 4, pageBytes: 16_700, scriptBytes: 12_700 },
  { page: 'account', folder: 'signin', files: 3, pageBytes: 18_500, scriptBytes: 15_200 },
  { page: 'register', folder: 'confirm', files: 2, pageBytes: 6_000, scriptBytes: 7_800 },
  { page: 'forgot', folder: 'confirm', files: 2, pageBytes: 6_000, scriptBytes: 2_800 },
  // The client shares its requests with what shows a page as another user. That takes a few bytes more.
  { page: 'confirm', folder: 'confirm', files: 2, pageBytes: 9_000, scriptBytes: 9_800 },
  { page: 'oauth2/authorize', folder: 'oauth2/authorize', files: 2, pageBytes: 4_000, scriptBytes: 5_000 },
  { page: 'oauth2/logout', folder: 'oauth2/authorize', files: 2, pageBytes: 4_000, scriptBytes: 2_500 },
  { page: 'admin-console', folder: 'admin-console', files: 2, pageBytes: 10_800, scriptBytes: 15_500 },
])('GET /$page', ({ page, folder, files, pageBytes, scriptBytes }) => {
  test('links to its files, by a hash of their content', async () => {
    const { status, headers, body } = await get(`${url}/${page}`)
    expect({ status, headers }).toEqual({
      status: 200,
      headers: {
        'content-type': 'text/html',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
      },
    })
    const paths = filesOf(body).map(([, path]) => String(path))
    expect(paths).toHaveLength(files)
    expect(Buffer.byteLength(body)).toBeLessThan(pageBytes)
    for (const path of paths) {
      const file = await get(new URL(path, `${url}/${page}`).href)
      expect(file).toMatchObject({
        status: 200,
        headers: { 'cache-control': 'public, max-age=31536000, immutable' },
      })
      expect(path).toContain(`-${createHash('sha256').update(file.body).digest('hex').slice(0, 16)}.`)
      if (path.endsWith('.js')) expect(compressedBytes(file.body)).toBeLessThan(scriptBytes)
      if (path.endsWith('.css') && page !== 'docs') expect(compressedBytes(file.body)).toBeLessThan(3_000)
    }
  })

  test('returns 404 for another file name', async () => {
    expect(await get(`${url}/${folder}/page.js`)).toEqual(NOT_FOUND)
  })

  test('returns 404 with a trailing slash, which would break its relative links', async () => {
    expect(await get(`${url}/${page}/`)).toEqual(NOT_FOUND)
  })

  test('returns 400 for a malformed file name', async () => {
    expect((await get(`${url}/${folder}/%zz`)).status).toBe(400)
  })
})

test('the console is three requests of at most 20 KB, and lets no text become a script', async () => {
  const page = await sendForAll(`${url}/admin-console`, 'GET')
  const files = await Promise.all(filesOf(page.body).map(([, path]) => get(`${url}/${path}`)))
  expect(files).toHaveLength(2)
  const bodies = [page, ...files].map(({ body }) => compressedBytes(body))
  expect(bodies.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(20_480)
  expect(page.headers['content-security-policy']).toMatch(
    /^default-src 'none'; script-src 'self'; .*; require-trusted-types-for 'script'; trusted-types 'none'$/,
  )
})

test('the drawing of QR codes is a file of its own, which scripts import', async () => {
  const { body } = await get(`${url}/account`)
  const script = filesOf(body)
    .map(([, path]) => String(path))
    .find((path) => path.startsWith('signin/account-'))
  const [, name] = /import\("\.\/(qr-\w+\.js)"\)/.exec((await get(`${url}/${script}`)).body) ?? []
  const qr = await get(`${url}/signin/${name}`)
  expect(qr).toMatchObject({ status: 200, body: expect.stringContaining('Contains uqr: MIT License') })
  expect(compressedBytes(qr.body)).toBeLessThan(4_400)
})

test('the page that a provider leads to has a small script, and loads nothing else', async () => {
  const { status, headers, body } = await get(`${url}/signin/demo`)
  expect({ status, headers }).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  const files = [...body.matchAll(/(?:href|src)="\.\/([^"]+)"/g)].map(([, file]) => String(file))
  expect(files).toEqual([
    expect.stringMatching(/^plain-\w+\.css$/),
    expect.stringMatching(/^response-\w+\.js$/),
  ])
  const script = await get(`${url}/signin/${files[1]}`)
  expect(compressedBytes(script.body)).toBeLessThan(700)
})

test('POST /signin/{provider} has what a provider sends in the page, and in no URL', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const response = await send(`${url}/signin/demo`, 'POST', headers, 'state=s&code=a&user=%7B%7D')
  expect(response).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  expect(response.body).toContain('data-form="state=s&amp;code=a"')
  expect((await send(`${url}/signin/page.js`, 'POST', headers, 'state=s')).status).toBe(404)
  expect((await send(`${url}/signin/%zz`, 'POST', headers, 'state=s')).status).toBe(400)
})

test('POST /oauth2/authorize leads a form to the page, with the form as its query', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const response = await send(`${url}/oauth2/authorize`, 'POST', headers, 'client_id=shop&state=a+b')
  expect(response.status).toBe(303)
  const body = new URLSearchParams({ client_id: 'shop', state: 'a b' })
  const followed = await fetch(`${url}/oauth2/authorize`, { method: 'POST', body })
  expect([followed.status, followed.url]).toEqual([200, `${url}/oauth2/authorize?client_id=shop&state=a+b`])
})

test('POST /oauth2/logout has the form in the page, and in no URL', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const page = await send(`${url}/oauth2/logout`, 'POST', headers, 'client_id=shop&state=a+b')
  expect(page).toMatchObject({
    status: 200,
    body: expect.stringContaining('"?client_id=shop&amp;state=a+b"'),
  })
  expect((await send(`${url}/oauth2/logout/`, 'POST', headers, 'client_id=shop')).status).toBe(404)
})

test('what refreshes the session is a file of its own, which the page of requests imports', async () => {
  const { body } = await get(`${url}/oauth2/authorize`)
  const [, script] = /src="([^"]+)"/.exec(body) ?? []
  const [, name] = /import\("\.\/(refresh-\w+\.js)"\)/.exec((await get(`${url}/oauth2/${script}`)).body) ?? []
  const refresh = await get(`${url}/oauth2/authorize/${name}`)
  expect(refresh.status).toBe(200)
  expect(compressedBytes(refresh.body)).toBeLessThan(4_000)
})

test('GET and POST of /register are different functions', async () => {
  expect((await get(`${url}/register`)).headers['content-type']).toBe('text/html')
  const headers = { 'Content-Type': 'application/json' }
  expect((await send(`${url}/register`, 'POST', headers, '{}')).status).toBe(422)
  expect(await get(`${url}/register/confirm`)).toEqual(NOT_FOUND)
})

test('GET /.well-known/change-password leads to the page /account', async () => {
  expect((await get(`${url}/.well-known/change-password`)).status).toBe(302)
  const followed = await fetch(`${url}/.well-known/change-password`)
  expect([followed.status, followed.url]).toEqual([200, `${url}/account`])
  // Password managers compare it with this one, to know that the first response means something.
  const other = 'resource-that-should-not-exist-whose-status-code-should-not-be-200'
  expect((await get(`${url}/.well-known/${other}`)).status).toBe(404)
})

test.each(['client.js', 'passkeys.js'] as const)(
  'GET /%s is a module that pages of all origins may import',
  async (module) => {
    const { status, headers, body } = await sendForAll(`${url}/${module}`, 'GET')
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript',
        'cache-control': 'public, max-age=300',
        'access-control-allow-origin': '*',
      },
    })
    expect(body).toBe(readServed(module))
    await get(`${url}/${module}`)
    expect(await get(`${url}/${module}/`)).toEqual(NOT_FOUND)
  },
)

test('large files are compressed for clients that accept gzip', async () => {
  const page = await (await fetch(`${url}/docs`)).text()
  const path = /docs\/swagger-ui-bundle-\w+\.js/.exec(page)?.[0]
  const codingTo = async (accepted: string) => {
    const response = await fetch(`${url}/${path}`, { headers: { 'Accept-Encoding': accepted } })
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1_000_000)
    return response.headers.get('content-encoding')
  }
  expect(await codingTo('gzip, deflate, br')).toBe('gzip')
  expect(await codingTo('identity')).toBeNull()
})

test('pages are on by default in stage dev, and off in stage prod', async () => {
  const inDev = Object.keys(describeService().functions)
  expect(inDev).toEqual(expect.arrayContaining(['docs', 'signin', 'account-pages']))
  const { resources } = await packageProd()
  expect(Object.keys(resources)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(Docs|Signin|AccountDashpages)/)]),
  )
})

test('without open registration there is no page to create an account', async () => {
  const ids = Object.keys((await packageChangedProd()).resources)
  const pages = ['Forgot', 'Confirm', 'ConfirmFileVar', 'Register']
  const methods = pages.map((page) => `ApiGatewayMethod${page}Get`)
  expect(methods.filter((id) => ids.includes(id))).toEqual(methods.slice(0, -1))
})
