import { expect } from 'vitest'

// The console, act-as and events out in a project with the package, over HTTP.

/** Signs a demo user in at the service's own page, as the console needs it. */
async function openConsole(url: string, name: string) {
  const own = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }
  const body = JSON.stringify({ username: name, password: name, session: 'cookie' })
  const response = await fetch(`${url}/login`, { method: 'POST', headers: own, body })
  const { authToken } = Object(await response.json())
  const { sub } = JSON.parse(Buffer.from(String(authToken).split('.')[1] ?? '', 'base64url').toString())
  const [cookie = ''] = String(response.headers.get('Set-Cookie')).split(';')
  return async (method: string, path: string, sent?: object) => {
    const headers = { ...own, Cookie: cookie, Operator: sub }
    const init = { method, headers, ...(sent && { body: JSON.stringify(sent) }) }
    const answer = await fetch(`${url}${path}`, init)
    return { status: answer.status, body: Object(await answer.json()) }
  }
}

/** Returns an act-as token of an administrator for a user. */
export async function actAs(url: string, operator: string, username: string): Promise<string> {
  const ask = await openConsole(url, operator)
  const found = await ask('GET', `/admin-api/users?name=${username}`)
  expect(found).toMatchObject({ status: 200, body: { users: [{ username }] } })
  const begun = await ask('POST', '/act-as', { userId: found.body.users[0].id, reason: 'support' })
  expect(begun.status, JSON.stringify(begun.body)).toBe(201)
  const token = await ask('POST', '/act-as/token', { code: begun.body.code })
  expect(token).toMatchObject({ status: 200, body: { user: { username } } })
  return token.body.authToken
}
