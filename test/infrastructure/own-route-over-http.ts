import { readFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { get, tokenOf } from '../support/http/http.ts'

// A test of the routes that README adds. `test/infrastructure/own-route.proof.test.ts` copies it into a copy of the project.

const url = inject('serviceUrl')

async function call(path: string, username: string) {
  const { status, body } = await get(`${url}${path}`, await tokenOf(url, username))
  return { status, body: JSON.parse(body) }
}

test('GET /hello and GET /drafts return 401 without a token', async () => {
  for (const path of ['/hello', '/drafts']) expect((await get(`${url}${path}`)).status).toBe(401)
})

test('GET /hello greets every user', async () => {
  for (const name of ['user', 'editor', 'admin']) {
    expect(await call('/hello', name)).toEqual({ status: 200, body: { message: `Hello, ${name}!` } })
  }
})

test('GET /hello returns what README shows', async () => {
  const shown = /`curl -s \$API(\/\w+) -H "Authorization: Bearer \$TOKEN"` returns `([^`]*)`/
  const [, path, body] = shown.exec(readFileSync('README.md', 'utf8')) ?? []
  expect(await get(`${url}${path}`, await tokenOf(url, 'user'))).toMatchObject({ status: 200, body })
})

test('GET /drafts accepts editors and administrators, and returns 403 to other users', async () => {
  for (const name of ['editor', 'admin']) {
    expect(await call('/drafts', name)).toEqual({ status: 200, body: { message: `Hello, ${name}!` } })
  }
  expect((await call('/drafts', 'user')).status).toBe(403)
})

test('GET /admin returns 403 to an editor', async () => {
  expect((await call('/admin', 'editor')).status).toBe(403)
})
