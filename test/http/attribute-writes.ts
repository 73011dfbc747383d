import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { cookieOf, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import { sendJson, tokenOf } from '../support/http/http.ts'

interface Operation {
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> }
}

/** Returns the routes of a service that take JSON, each with a body of the API description. */
async function routesWithJson(url: string) {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => {
      const content = requestBody?.content['application/json']
      const [example] = Object.values(content?.examples ?? {})
      return content ? [{ path, method: method.toUpperCase(), body: example?.value ?? {} }] : []
    }),
  )
}

/** Signs the demo user of a role in, in the browser. Returns the headers of the console. */
async function headersOfOperator(url: string, username: string) {
  const signIn = { username, password: username, session: 'cookie' }
  const { headers } = await sendJson(`${url}/login`, 'POST', signIn, { Origin: url, ...OWN_PAGE })
  const { sub } = decodeJwt(await tokenOf(url, username))
  return {
    ...cookieOf(refreshTokenIn({ 'Set-Cookie': headers['set-cookie'] })),
    Operator: String(sub),
    // A text of any version: the body is read first.
    'If-Match': '"1"',
  }
}

/** The route that takes attributes: an operator sets them, by their names. */
const OF_OPERATORS = '/admin-api/users/{id}/attributes'

/**
 * Sends members to every route that takes JSON, as a demo user, and to those of the console as an operator. Expects that each
 * refuses them, but for the one that takes attributes by name. Returns the number of routes.
 */
export async function expectRefused(
  url: string,
  { username, operator }: { username: string; operator: string },
  members: object,
): Promise<number> {
  const all = await routesWithJson(url)
  const routes = all.filter(({ path }) => path !== OF_OPERATORS || !Object.hasOwn(members, 'plan'))
  const ofPage = { Origin: url, 'Sec-Fetch-Site': 'same-origin' }
  const ofUser = { ...ofPage, Authorization: `Bearer ${await tokenOf(url, username)}` }
  const ofOperator = { ...ofPage, ...(await headersOfOperator(url, operator)) }
  for (const { path, method, body } of routes) {
    const response = await sendJson(
      `${url}${path.replace('{id}', 'x')}`,
      method,
      { ...body, ...members },
      /^\/(admin-api|act-as)/.test(path) ? ofOperator : ofUser,
    )
    expect({ path, status: response.status, body: response.body }).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '#', detail: 'Unknown fields are not allowed.' }] },
    })
  }
  expect(routes.length).toBeGreaterThan(20)
  return routes.length
}
