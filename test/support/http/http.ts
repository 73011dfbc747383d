import { type OutgoingHttpHeaders, request } from 'node:http'
import { expect } from 'vitest'
import { expectDescribed } from '../../http/openapi/check.ts'
import { codeOf, fieldError } from './problems.ts'

/** The part of a response that the service determines. HTTP determines the rest. */
export interface ApiResponse {
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

/** Sends exactly these bytes and headers, which fetch cannot. The response must match the API description. */
export async function send(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer = '',
): Promise<ApiResponse> {
  const { headers: all, ...response } = await sendForAll(url, method, headers, body)
  expectDescribed({ method, url, ...response, headers: all })
  const names = ['content-type', 'cache-control', 'x-content-type-options', 'www-authenticate', 'retry-after']
  const present = names.filter((name) => all[name] !== undefined)
  const selected = Object.fromEntries(present.map((name) => [name, all[name]]))
  return { ...response, headers: selected as unknown as ApiResponse['headers'] }
}

/** Does the same without the API description. Returns all headers that the connection and the local server do not add. */
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
  // For a DELETE with a body, node:http sends neither a length nor a chunked encoding.
  if (method === 'DELETE' && body !== '') headers = { 'Content-Length': Buffer.byteLength(body), ...headers }
  const sent = request(url, { method, headers, agent: false }, async (response) => {
    const text = Buffer.concat(await response.toArray()).toString('utf8')
    const own = Object.entries(response.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))
    const headers = Object.fromEntries(own.map(([name, value]) => [name, String(value)]))
    // The local gateway adds a charset, which JSON does not have (RFC 8259 section 11) and API Gateway does not send.
    const type = headers['content-type']?.replace('; charset=utf-8', '')
    if (type !== undefined) headers['content-type'] = type
    // Compression (`minimumCompressionSize`) is HTTP's business too, and so is its part of Vary.
    const vary = headers.vary?.replace(/,?accept-encoding/, '')
    if (vary === '') delete headers.vary
    else if (vary !== undefined) headers.vary = vary
    resolve({ status: response.statusCode ?? 0, headers, body: text })
  })
  sent.on('error', reject).end(body)
  return promise
}

/** Sends JSON. The response must match the API description. Returns its body parsed, and all of its headers. */
export async function sendJson(url: string, method: string, body: object, headers: OutgoingHttpHeaders = {}) {
  const all = { 'Content-Type': 'application/json', ...headers }
  const response = await sendForAll(url, method, all, JSON.stringify(body))
  expectDescribed({ method, url, ...response })
  return { ...response, body: response.body === '' ? {} : JSON.parse(response.body) }
}

/** A mail in the mailbox of the local service. */
export interface SentMail {
  to: string
  subject: string
  text: string
  html: string
  link: string
}

/** Returns the mails to an address, the newest first, when there are so many. */
export async function mailsTo(url: string, address: string, count: number): Promise<SentMail[]> {
  let mails: SentMail[] = []
  await expect
    .poll(async () => {
      const { body } = await sendForAll(`${url}/mailbox.json`, 'GET')
      mails = JSON.parse(body).filter(({ to }: SentMail) => to === address)
      return mails.length
    })
    .toBe(count)
  return mails
}

/** Returns the token in the link of a mail. */
export const tokenInLink = ({ link }: SentMail) => link.replace(/^.*=/, '')

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

/** Changes the first letter of a token's signature. */
export const withOtherSignature = (token: string) =>
  token.replace(/\.[^.](?=[^.]*$)/, (start) => (start === '.A' ? '.B' : '.A'))

const PRIVATE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** Returns a whole response with status 200. */
const ok = (body: unknown): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...PRIVATE },
  body: JSON.stringify(body),
})

/** Returns a whole RFC 9457 problem. */
export const problem = (status: number, title: string, detail: string, more: object = {}): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...PRIVATE },
  body: JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail,
    code: codeOf(status, detail, more),
    ...more,
  }),
})

const challenging = ({ headers, ...response }: ApiResponse, challenge: string): ApiResponse => ({
  ...response,
  headers: { ...headers, 'www-authenticate': challenge },
})

/** Returns the gateway's challenge. With routes for clients, it names their metadata. */
const challenge = (error: string): string =>
  expect.stringMatching(`^Bearer realm="serverless-jwt-auth-dev-auth"${error}(, resource_metadata="[^"]+")?$`)

export const UNAUTHORIZED = challenging(
  problem(401, 'Unauthorized', 'Could not validate credentials.'),
  challenge(''),
)
export const FORBIDDEN = challenging(
  problem(403, 'Forbidden', 'You do not have permission to access this resource.'),
  challenge(', error="insufficient_scope"'),
)
export const NOT_FOUND = problem(404, 'Not Found', 'Resource not found.')
export const MALFORMED = problem(
  400,
  'Bad Request',
  'The request body must be a single JSON object in UTF-8, without a byte order mark or repeated members.',
)
export const TOO_LARGE = problem(413, 'Content Too Large', 'The request body must not exceed 8 KiB.')
export const MEDIA_TYPE = problem(
  415,
  'Unsupported Media Type',
  'The Content-Type header must be application/json.',
)
export const invalid = (...errors: [pointer: string, detail: string, more?: object][]): ApiResponse =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
    errors: errors.map((error) => fieldError(...error)),
  })

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
