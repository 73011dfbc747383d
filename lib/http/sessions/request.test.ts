import type { APIGatewayProxyEvent } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { loginEvent } from '../../../test/support/http/lambda.ts'
import { fieldError } from '../../../test/support/http/problems.ts'
import { requireOwnPage } from '../../sessions/page.ts'
import { LoginRequest, RefreshRequest } from '../schemas/sessions.ts'
import { pageOf, readJson, readPresented, readSignIn } from './request.ts'

const ALLOWED = 'https://app.example.com'
const rules = { config: { COOKIE_SESSIONS: true }, allowedOrigins: [ALLOWED, '*'] }
const switchedOff = { ...rules, config: { COOKIE_SESSIONS: false } }

const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' }
const JSON_TYPE = { 'Content-Type': 'application/json' }
const COOKIE = { Cookie: 'other=1; __Host-refresh=stored; last=2' }

const refused = (refusal: string, detail: string) =>
  expect.objectContaining({ code: 'forbidden', message: `session cookie: ${refusal}`, detail })
const NO_JSON = refused(
  'no_json',
  'A request with the session cookie must have the Content-Type application/json.',
)
const FOREIGN_SITE = refused(
  'foreign_site',
  'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
)
const FOREIGN_ORIGIN = refused(
  'foreign_origin',
  'The session cookie needs an Origin that the service allows by name.',
)

const credentials = { username: 'ada', password: 'secret' }
const read = { ...credentials, session: undefined, replaces: undefined }

describe('the body of a sign-in', () => {
  test('without a cookie has no refresh token, also if the browser sends one', () => {
    const event = requestWith(credentials, COOKIE)
    expect(readSignIn(event, LoginRequest, rules)).toEqual({ ...read, refreshToken: '', inCookie: false })
  })

  test('names the session that it replaces', () => {
    const event = requestWith({ ...credentials, replaces: 'earlier' }, COOKIE)
    expect(readSignIn(event, LoginRequest, rules)).toMatchObject({ refreshToken: 'earlier', inCookie: false })
  })

  test('with a cookie replaces the session of the cookie, not the one that it names', () => {
    const event = requestWith(
      { ...credentials, session: 'cookie', replaces: 'earlier' },
      { ...COOKIE, ...OWN_PAGE },
    )
    expect(readSignIn(event, LoginRequest, rules)).toMatchObject({ refreshToken: 'stored', inCookie: true })
  })

  test('with a cookie is rejected if the service has none, or another site sends it', () => {
    const event = requestWith({ ...credentials, session: 'cookie' })
    const off = isOff('#/session', 'This service has no cookie sessions.')
    expect(() => readSignIn(event, LoginRequest, switchedOff)).toThrow(off)
    expect(() => readSignIn(event, LoginRequest, rules)).toThrow(FOREIGN_SITE)
  })
})

describe('the refresh token of a request', () => {
  test('is the one in the body, also beside a cookie and from another site', () => {
    const event = requestWith({ refreshToken: 'sent' }, COOKIE)
    const expected = { refreshToken: 'sent', inCookie: false }
    expect(readPresented(event, RefreshRequest, rules)).toEqual(expected)
    expect(readPresented(event, RefreshRequest, switchedOff)).toEqual(expected)
  })

  test('is the one in the cookie if the body has none', () => {
    const event = requestWith({}, { ...COOKIE, ...OWN_PAGE })
    const expected = { refreshToken: 'stored', inCookie: true }
    expect(readPresented(event, RefreshRequest, rules)).toMatchObject(expected)
  })

  test('is missing if the service has no cookie sessions, and empty without a cookie', () => {
    const event = requestWith({}, OWN_PAGE)
    const off = isOff('#/refreshToken', 'Must be a string.')
    expect(() => readPresented(event, RefreshRequest, switchedOff)).toThrow(off)
    expect(readPresented(event, RefreshRequest, rules)).toMatchObject({ refreshToken: '', inCookie: true })
  })

  test('in the cookie of another site is refused', () => {
    const event = requestWith({}, COOKIE)
    expect(() => readPresented(event, RefreshRequest, rules)).toThrow(FOREIGN_SITE)
  })
})

describe('a body that is no JSON', () => {
  const form = { 'Content-Type': 'text/plain' }
  const notJson = expect.objectContaining({ code: 'unsupported_media_type' })

  test('is forbidden with the cookie, and of an unsupported type otherwise', () => {
    expect(() => readJson(requestWith({}, { ...form, ...COOKIE }), RefreshRequest, rules)).toThrow(NO_JSON)
    expect(() => readJson(requestWith({}, form), RefreshRequest, rules)).toThrow(notJson)
    const off = () => readJson(requestWith({}, { ...form, ...COOKIE }), RefreshRequest, switchedOff)
    expect(off).toThrow(notJson)
  })
})

describe('the cookie', () => {
  const require = (headers: Record<string, string>) => () =>
    requireOwnPage(pageOf(requestWith({}, headers), rules))

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://other.example' }],
    [{ 'sec-fetch-site': 'same-site', origin: ALLOWED }],
  ])('may be used by a request with %j', (headers) => {
    expect(require(headers)).not.toThrow()
  })

  test.each([
    [{}, FOREIGN_SITE],
    [{ 'sec-fetch-site': 'cross-site', origin: ALLOWED }, FOREIGN_SITE],
    [{ 'sec-fetch-site': 'none' }, FOREIGN_SITE],
    [{ 'sec-fetch-site': 'same-site' }, FOREIGN_ORIGIN],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, FOREIGN_ORIGIN],
    [{ 'sec-fetch-site': 'same-site', origin: '*' }, FOREIGN_ORIGIN],
  ])('may not be used by a request with %j', (headers, error) => {
    expect(require(headers as Record<string, string>)).toThrow(error)
  })
})

const requestWith = (body: object, headers: Record<string, string> = {}): APIGatewayProxyEvent => ({
  ...loginEvent({ body: JSON.stringify(body), multiValueHeaders: {} }),
  headers: { ...JSON_TYPE, ...headers },
})

const isOff = (pointer: string, detail: string) =>
  expect.objectContaining({
    code: 'invalid_fields',
    message: 'cookie sessions are off',
    fields: [fieldError(pointer, detail)],
  })
