import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { get, NOT_FOUND } from '../support/http.ts'
import { startService } from '../support/service.ts'
import { cleanEnvironment, root } from '../support/service-description.ts'

const url = inject('serviceUrl')

const filesOf = (page: string) => [...page.matchAll(/(?:href|src)="((?:docs|signin)\/[^"]+)"/g)]

describe.each([
  { page: 'docs', files: 4, pageBytes: 10_000, allBytes: Number.POSITIVE_INFINITY },
  { page: 'signin', files: 2, pageBytes: 10_000, allBytes: 30_000 },
])('GET /$page', ({ page, files, pageBytes, allBytes }) => {
  test('names its files, which are there, by what is in them', async () => {
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
    let bytes = Buffer.byteLength(body)
    expect(bytes).toBeLessThan(pageBytes)
    for (const path of paths) {
      const file = await get(`${url}/${path}`)
      expect(file).toMatchObject({
        status: 200,
        headers: { 'cache-control': 'public, max-age=31536000, immutable' },
      })
      expect(path).toContain(`-${createHash('sha256').update(file.body).digest('hex').slice(0, 16)}.`)
      bytes += Buffer.byteLength(file.body)
    }
    expect(bytes).toBeLessThan(allBytes)
  })

  test('has no file under another name', async () => {
    expect(await get(`${url}/${page}/page.js`)).toEqual(NOT_FOUND)
  })

  test('is not there with a slash behind it, where its files would not be', async () => {
    expect(await get(`${url}/${page}/`)).toEqual(NOT_FOUND)
  })

  test('has no file under a name that is not well-formed', async () => {
    expect((await get(`${url}/${page}/%zz`)).status).toBe(400)
  })
})

test('what is large goes out compressed to whoever accepts that', async () => {
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

test('with pages=off there are no pages', async () => {
  const service = await startService({ pages: 'off' })
  onTestFinished(() => service.stop())
  for (const path of ['docs', 'signin', 'docs/page.js', 'signin/page.js']) {
    // By fetch: the routes of this service are not those of the description that `get` goes by.
    const response = await fetch(`${service.url}/${path}`)
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: 404,
      body: NOT_FOUND.body,
    })
  }
  const description = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: object }
  expect(Object.keys(description.paths).filter((path) => /docs|signin/.test(path))).toEqual([])
})

test.each([
  ['dev', true],
  ['prod', false],
])('in stage %s, unless it is said otherwise, there are pages: %s', (stage, areThere) => {
  const sls = [`${root}/node_modules/.bin/sls`, 'print', '--stage', stage, '--format', 'json']
  const printed = execFileSync(process.execPath, sls, { cwd: root, env: cleanEnvironment() })
  const { functions } = JSON.parse(printed.toString('utf8'))
  expect(['docs' in functions, 'signin' in functions]).toEqual([areThere, areThere])
})

test('pages can be on or off, and nothing else', () => {
  const sls = [`${root}/node_modules/.bin/sls`, 'print', '--param', 'pages=yes']
  const { status, stdout, stderr } = spawnSync(process.execPath, sls, { cwd: root, env: cleanEnvironment() })
  expect(status).toBe(1)
  expect(`${stdout}${stderr}`).toContain('The parameter pages must be on or off.')
})
