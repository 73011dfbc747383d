import '../../support/process/real-argon2.ts'
import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, inject } from 'vitest'
import { OWN_PAGE, refreshTokenIn } from '../../support/http/cookies.ts'
import { send, sendJson } from '../../support/http/http.ts'
import { addSession, operator, PASSWORD, tableAt } from '../../support/users/sessions.ts'
import { addClient, basic, CALLBACK, type Changes, FORM, formOf, queryOf, VERIFIER } from '../clients.ts'
import { approveAt, type Page, pageOf } from '../proof.ts'

const url = inject('serviceUrl')
export const issuer = url
export const table = tableAt(inject('dynamoDbUrl'))

/** Where a sign-out leads. */
export const BYE = 'https://shop.example/bye'

/** A browser of a user: the headers of its requests from pages of the service. */
export interface Browser extends Page {
  username: string
}

/** What an authorization request leads to: parameters of the app, or a page of the service. */
interface Outcome {
  code?: string
  error?: string
  error_description?: string
  state?: string
  iss?: string
  page?: string
  start?: number
}

export async function metadata(): Promise<Record<string, string | string[] | boolean>> {
  const { body } = await send(`${url}/.well-known/openid-configuration`, 'GET')
  return JSON.parse(body)
}

/** Adds a user, who has signed in some seconds ago. */
export async function signedIn(secondsAgo = 0): Promise<Browser> {
  const username = `conformance-${randomBytes(4).toString('hex')}`
  await operator(table).add({ username, email: `${username}@example.org`, emailVerified: true })
  const at = new Date(Date.now() - secondsAgo * 1000)
  return { username, ...pageOf(await addSession({ table }, username, at)) }
}

/** A browser without a session. */
export const signedOut: Browser = { username: '', headers: OWN_PAGE }

/** Signs the user of a browser in again, with the password. */
export async function signInAgain({ username, headers }: Browser): Promise<Browser> {
  const login = { username, password: PASSWORD, session: 'cookie' }
  const response = await sendJson(`${url}/login`, 'POST', login, headers)
  const refreshToken = refreshTokenIn({ 'Set-Cookie': response.headers['set-cookie'] })
  return { username, ...pageOf(refreshToken) }
}

/** Returns the requests of the suite for a client with a secret, which it adds. */
export async function suiteFor(client_id: string) {
  await addClient(table, { id: client_id, postLogoutRedirectUris: [BYE] })

  /**
   * Opens the authorization endpoint as a browser does, and consents.
   *
   * @param start - Of a sign-in that the page has asked for.
   * @returns The parameters that the app gets, or what the page shows.
   */
  async function authorize(browser: Browser, changes: Changes = {}, start?: number): Promise<Outcome> {
    const query = queryOf({ client_id, ...changes })
    expect((await send(`${url}/oauth2/authorize${query}`, 'GET')).status).toBe(200)
    const ask = async (click?: object) => (await approveAt(url, browser, { query, click, start })).body
    let body = await ask()
    if (body.next === 'screen') {
      const scope = body.scopes.map(({ name }: { name: string }) => name).join(' ')
      body = await ask({ sub: body.user.sub, scope })
    }
    if (body.location === undefined) return { page: body.next ?? body.error, start: body.start }
    expect(body.location.startsWith(`${CALLBACK}&`)).toBe(true)
    const { tenant, ...parameters } = Object.fromEntries(new URL(body.location).searchParams)
    return parameters
  }

  async function sendForm(route: string, form: Changes, headers: Record<string, string>) {
    const response = await send(`${url}${route}`, 'POST', { ...FORM, ...headers }, formOf(form))
    return { ...response, body: response.body === '' ? {} : JSON.parse(response.body) }
  }

  const exchange = (code = '', more: Changes = {}, headers: Record<string, string> = basic(client_id)) =>
    sendForm(
      '/oauth2/token',
      { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: CALLBACK, ...more },
      headers,
    )

  const verify = (idToken: string) =>
    jwtVerify(idToken, createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`)), {
      issuer: url,
      audience: client_id,
      algorithms: ['RS256'],
    })

  /** Goes from the authorization endpoint to verified tokens. */
  async function signIn(browser: Browser, changes: Changes = {}, start?: number) {
    const { code, state, iss } = await authorize(browser, changes, start)
    expect({ state, iss }).toEqual({ state: 'a state', iss: url })
    const { status, body } = await exchange(code)
    expect(status).toBe(200)
    const { payload: claims, protectedHeader } = await verify(body.id_token)
    return { ...body, code, claims, protectedHeader }
  }

  async function userInfo(accessToken: string, method = 'GET') {
    const Authorization = `Bearer ${accessToken}`
    const { status, body } = await send(`${url}/userinfo`, method, { Authorization })
    return { status, body: JSON.parse(body) }
  }

  /** Opens the end session endpoint as a browser does. @param isSure - Whether the user says yes, if the page asks. */
  async function signOut(browser: Browser, parameters: Record<string, string>, isSure = false) {
    const query = `?${new URLSearchParams(parameters)}`
    expect((await send(`${url}/oauth2/logout${query}`, 'GET')).status).toBe(200)
    const ask = async (sub?: string) =>
      (await sendJson(`${url}/oauth2/signout`, 'POST', { query, sub }, browser.headers)).body
    const body = await ask()
    return body.next === 'question' && isSure ? ask(body.user.sub) : body
  }

  return { authorize, exchange, signIn, sendForm, userInfo, signOut }
}
