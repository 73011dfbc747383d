import { type OutgoingHttpHeaders, request } from 'node:http'

/** What of an answer is a promise; the rest is HTTP's own business. */
export interface Answer {
  status: number
  headers: {
    'content-type': string
    'cache-control': string
    'x-content-type-options': string
    'www-authenticate'?: string
    'retry-after'?: string
  }
  body: string
}

/** Sends just these bytes and headers, which fetch would not let us do. */
export async function send(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer = '',
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(url, { method, headers, agent: false }, async (response) => {
    const text = Buffer.concat(await response.toArray()).toString('utf8')
    const names = [
      'content-type',
      'cache-control',
      'x-content-type-options',
      'www-authenticate',
      'retry-after',
    ] as const
    const present = names.filter((name) => response.headers[name] !== undefined)
    const answered = Object.fromEntries(present.map((name) => [name, response.headers[name]]))
    // The local gateway adds a charset, which JSON does not have (RFC 8259 section 11) and API Gateway does not send.
    answered['content-type'] = answered['content-type']?.toString().replace('; charset=utf-8', '')
    resolve({ status: response.statusCode ?? 0, headers: answered as Answer['headers'], body: text })
  })
  sent.on('error', reject).end(body)
  return promise
}

export const get = (url: string, token?: string, headers: OutgoingHttpHeaders = {}) =>
  send(url, 'GET', { ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) })

export const postLogin = (
  url: string,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = { 'Content-Type': 'application/json' },
) => send(`${url}/login`, 'POST', { ...headers, 'Content-Length': Buffer.byteLength(body) }, body)

/** Signs a demo user in. */
export async function tokenOf(url: string, username: string): Promise<string> {
  const { body } = await postLogin(url, JSON.stringify({ username, password: username.toLowerCase() }))
  return JSON.parse(body).authToken
}

/** The same token, but for the first letter of its signature. */
export const withOtherSignature = (token: string) =>
  token.replace(/\.[^.](?=[^.]*$)/, (start) => (start === '.A' ? '.B' : '.A'))

const PRIVATE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** A whole answer that went well. */
const ok = (body: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...PRIVATE },
  body: JSON.stringify(body),
})

/** A whole RFC 9457 problem. */
export const problem = (status: number, title: string, detail: string, more: object = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...PRIVATE },
  body: JSON.stringify({ type: 'about:blank', title, status, detail, ...more }),
})

const unauthorized = problem(401, 'Unauthorized', 'Could not validate credentials.')

export const UNAUTHORIZED: Answer = {
  ...unauthorized,
  headers: { ...unauthorized.headers, 'www-authenticate': 'Bearer' },
}
export const FORBIDDEN = problem(403, 'Forbidden', 'Your role does not allow this.')
export const NOT_FOUND = problem(404, 'Not Found', 'There is nothing here.')

export const USER_CONTENT = ok({
  message: 'This content for authorised users only.',
  username: 'user',
  role: 'user',
})
export const USER_CONTENT_OF_ADMIN = ok({
  message: 'This content for authorised users only.',
  username: 'admin',
  role: 'admin',
})
export const ADMIN_CONTENT = ok({ message: 'Admin only content.', username: 'admin', role: 'admin' })
