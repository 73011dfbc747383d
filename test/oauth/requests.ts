import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { call, service, stored, table } from '../support/http/routes.ts'
import { tokenPartiesOf } from '../support/process/service-description.ts'
import { type Changes, FORM, formOf, queryOf, VERIFIER } from './clients.ts'
import { bearerOf } from './proof.ts'

// Requests of apps and of the page to the functions, without HTTP.

/** Sends a form to a route of the function `token`. */
export const sendForm = (
  sample: 'token' | 'POST /oauth2/revoke',
  form: Changes,
  headers: Record<string, string> = {},
) => call('token', sample, { ...withHeaders({ ...FORM, ...headers }), body: formOf(form) })

export const exchange = (code: string, more: Changes = {}, headers: Record<string, string> = {}) =>
  sendForm('token', { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...more }, headers)

export const refreshGrant = (
  refresh_token: string,
  more: Changes = {},
  headers: Record<string, string> = {},
) => sendForm('token', { grant_type: 'refresh_token', refresh_token, ...more }, headers)

/** Asks who the user of an access token is. */
export const userInfo = (token: string) =>
  call('userinfo', 'userinfo', withHeaders({ Authorization: `Bearer ${token}` }))

/** Returns the headers of the page after a refresh: the cookie, and an access token of its session. */
export const pageHeaders = async (refreshToken: string): Promise<Record<string, string>> => {
  const signing = { table, parties: tokenPartiesOf(service), signingKey: service.custom.auth.signingKey }
  return { ...OWN_PAGE, ...cookieOf(refreshToken), ...(await bearerOf(signing, refreshToken)) }
}

/**
 * Sends an authorization request as the page does after a refresh.
 *
 * @param refreshToken - In the cookie.
 * @param more - Members of the body, and headers.
 */
export const approve = async (
  refreshToken: string,
  changes: Changes = {},
  {
    headers = {},
    ...more
  }: object & { headers?: Record<string, string>; start?: number; changed?: boolean } = {},
) =>
  call('approve', 'approve', {
    ...withHeaders({ ...(await pageHeaders(refreshToken)), ...headers }),
    body: JSON.stringify({ query: queryOf(changes), ...more }),
  })

/** Returns the click on the screen by which a user allows some scopes. */
export const clickOf = async (scope = 'openid', username = 'user') => ({
  click: { sub: (await stored(username)).id, scope },
})

/** Gets a code as the page does, with a click. */
export async function codeFor(
  refreshToken: string,
  changes: Changes = {},
  username = 'user',
): Promise<string> {
  const { body } = await approve(
    refreshToken,
    changes,
    await clickOf(String(changes.scope ?? 'openid'), username),
  )
  return String(new URL(body.location).searchParams.get('code'))
}
