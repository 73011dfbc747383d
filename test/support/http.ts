import { type OutgoingHttpHeaders, request } from 'node:http'
import { expectDescribed } from './openapi/check.ts'

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

/** Sends just these bytes and headers, which fetch would not let us do; the answer must be one that is described. */
export async function send(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer = '',
): Promise<Answer> {
  const { headers: all, ...answer } = await sendForAll(url, method, headers, body)
  expectDescribed({ method, url, ...answer, headers: all })
  const names = ['content-type', 'cache-control', 'x-content-type-options', 'www-authenticate', 'retry-after']
  const present = names.filter((name) => all[name] !== undefined)
  const answered = Object.fromEntries(present.map((name) => [name, all[name]]))
  return { ...answer, headers: answered as unknown as Answer['headers'] }
}

/** The same, described or not, for all of the answer's headers but those of the connection and the local server. */
export async function sendForAll(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer = '',
) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: Record<string, string>
    body: string
  }>()
  const sent = request(url, { method, headers, agent: false }, async (response) => {
    const text = Buffer.concat(await response.toArray()).toString('utf8')
    const own = Object.entries(response.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))
    const answered = Object.fromEntries(own.map(([name, value]) => [name, String(value)]))
    // The local gateway adds a charset, which JSON does not have (RFC 8259 section 11) and API Gateway does not send.
    const type = answered['content-type']?.replace('; charset=utf-8', '')
    if (type !== undefined) answered['content-type'] = type
    // How answers are compressed (`minimumCompressionSize`), and what that adds to Vary, is HTTP's own business too.
    const vary = answered.vary?.replace(/,?accept-encoding/, '')
    if (vary === '') delete answered.vary
    else if (vary !== undefined) answered.vary = vary
    resolve({ status: response.statusCode ?? 0, headers: answered, body: text })
  })
  sent.on('error', reject).end(body)
  return promise
}

const OF_THE_CONNECTION = [
  'accept-ranges',
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
]

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

const challenging = ({ headers, ...answer }: Answer, challenge: string): Answer => ({
  ...answer,
  headers: { ...headers, 'www-authenticate': challenge },
})

export const UNAUTHORIZED = challenging(
  problem(401, 'Unauthorized', 'Could not validate credentials.'),
  'Bearer realm="serverless-jwt-auth-dev"',
)
export const FORBIDDEN = challenging(
  problem(403, 'Forbidden', 'You do not have permission to access this resource.'),
  'Bearer realm="serverless-jwt-auth-dev", error="insufficient_scope"',
)
export const NOT_FOUND = problem(404, 'Not Found', 'Resource not found.')

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
