import { expect, inject, test } from 'vitest'
import { get, send, tokenOf, UNAUTHORIZED, USER_CONTENT } from '../support/http/http.ts'

const url = inject('serviceUrl')
const token = await tokenOf(url, 'user')
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

test('control: the token is valid', async () => {
  expect(await get(`${url}/`, token)).toEqual(USER_CONTENT)
})

test('an access token in a form body is ignored', async () => {
  const body = `access_token=${token}`
  expect(await send(`${url}/password`, 'PUT', form, body)).toEqual(UNAUTHORIZED)
  expect(await send(`${url}/`, 'GET', { ...form, 'Content-Length': body.length }, body)).toEqual(UNAUTHORIZED)
})

test('an access token in the query is ignored', async () => {
  for (const path of ['/', '/sessions', '/admin']) {
    expect(await get(`${url}${path}?access_token=${token}`)).toEqual(UNAUTHORIZED)
  }
})
