import { expect, inject, test } from 'vitest'
import {
  type ApiResponse,
  get,
  invalid,
  MALFORMED,
  MEDIA_TYPE,
  postLogin,
  send,
  TOO_LARGE,
  tokenOf,
  USER_CONTENT,
} from '../support/http/http.ts'

const url = inject('serviceUrl')

const right = '{"username":"user","password":"user"}'
const padded = (bytes: number) => right + ' '.repeat(bytes - right.length)
const password = (text: string) => Buffer.from(`{"username":"user","password":"${text}"}`, 'latin1')

/** What the gateway may change or reject on its way to the function. `lib/http/body.test.ts` has all other bodies. */
const BODIES: [what: string, body: string | Buffer, expected: ApiResponse][] = [
  ['no body', '', MALFORMED],
  ['a byte order mark', `\uFEFF${right}`, MALFORMED],
  ['UTF-16', Buffer.from(right, 'utf16le'), MALFORMED],
  ['an invalid UTF-8 byte', password('us\xe9r'), MALFORMED],
  ['an overlong form', password('\xc0\xaf'), MALFORMED],
  ['a surrogate in UTF-8', password('\xed\xa0\x80'), MALFORMED],
  ['a raw NUL', password('us\0er'), MALFORMED],
  ['a member twice', '{"username":"admin","username":"user","password":"user"}', MALFORMED],
  ['4,000 arrays', '['.repeat(4_000) + ']'.repeat(4_000), invalid(['#', 'Must be a JSON object.'])],
  ['100,000 arrays', '['.repeat(100_000) + ']'.repeat(100_000), TOO_LARGE],
  [
    'a number for a name',
    '{"username":1,"password":"user"}',
    invalid(['#/username', 'Must be a string.', { rule: 'type' }]),
  ],
  ['a role', `{"role":"admin",${right.slice(1)}`, invalid(['#', 'Unknown fields are not allowed.'])],
  ['8,193 bytes', padded(8_193), TOO_LARGE],
  ['a megabyte', padded(1_048_576), TOO_LARGE],
]

test.for(BODIES)('login rejects %s', async ([, body, expected]) => {
  expect(await postLogin(url, body)).toEqual(expected)
})

test.for([['text/plain'], ['application/problem+json'], ['*/*']])(
  'login rejects content type %s',
  async ([contentType]) => {
    expect(await postLogin(url, right, { 'Content-Type': contentType })).toEqual(MEDIA_TYPE)
  },
)

test.for([['json'], ['application'], ['application/json/x']])(
  'the gateway rejects the malformed content type %s',
  async ([contentType]) => {
    expect(await postLogin(url, right, { 'Content-Type': contentType })).toEqual({
      ...MALFORMED,
      body: '{"type":"about:blank","title":"Request Rejected","detail":"The gateway rejected the request.","code":"request_refused"}',
    })
  },
)

test.for([
  ['POST', '/register'],
  ['POST', '/register/confirm'],
  ['POST', '/register/passkey'],
  ['POST', '/password/forgot'],
  ['POST', '/login/mail'],
  ['POST', '/login/mail/confirm'],
  ['POST', '/password/reset'],
  ['POST', '/login/totp'],
  ['POST', '/login/recovery-code'],
  ['POST', '/login/passkey/options'],
  ['POST', '/login/passkey'],
  ['POST', '/enrolment/mail'],
  ['POST', '/enrolment/proof'],
  ['POST', '/enrolment/totp'],
  ['POST', '/enrolment/totp/confirm'],
  ['POST', '/enrolment/passkey/options'],
  ['POST', '/enrolment/passkey'],
  ['POST', '/factors/cancel-reset'],
  ['POST', '/register/provider'],
] as const)('%s %s rejects bodies as login does', async ([method, path]) => {
  await expectBodiesRejected(method, path)
})

test.for([
  ['PUT', '/email'],
  ['PUT', '/me/locale'],
  ['POST', '/email/confirm'],
  ['POST', '/factors/totp'],
  ['DELETE', '/factors/totp'],
  ['POST', '/factors/totp/confirm'],
  ['POST', '/factors/recovery-codes'],
  ['POST', '/passkeys/options'],
  ['POST', '/passkeys'],
  ['PATCH', `/passkeys/${'A'.repeat(43)}`],
  ['DELETE', `/passkeys/${'A'.repeat(43)}`],
  ['POST', '/proof/confirm'],
  ['POST', '/proof/mail'],
  ['POST', '/proof/passkey'],
  ['POST', '/identities'],
  ['DELETE', `/identities/${'A'.repeat(43)}`],
] as const)('%s %s of a caller rejects bodies as login does', async ([method, path]) => {
  await expectBodiesRejected(method, path, { Authorization: `Bearer ${await tokenOf(url, 'user')}` })
})

test.for([['/oauth2/approve'], ['/login/provider/options'], ['/login/provider']])(
  'POST %s of its own page rejects bodies as login does',
  async ([path = '']) => {
    await expectBodiesRejected('POST', path, { 'Sec-Fetch-Site': 'same-origin' })
  },
)

/** Sends a body of each kind that no route accepts. */
async function expectBodiesRejected(method: string, path: string, headers: Record<string, string> = {}) {
  const sendBody = (body: string, type = 'application/json') =>
    send(`${url}${path}`, method, { 'Content-Type': type, ...headers }, body)
  expect(await sendBody('{')).toEqual(MALFORMED)
  expect(await sendBody(' '.repeat(8_193))).toEqual(TOO_LARGE)
  expect(await sendBody('{}', 'text/plain')).toEqual(MEDIA_TYPE)
  expect((await sendBody('{"a":1}')).status).toBe(422)
}

test('login rejects a request without body and content type', async () => {
  expect(await send(`${url}/login`, 'POST')).toEqual(MEDIA_TYPE)
})

test.for<[what: string, contentType: string, body: string]>([
  ['a charset', 'application/json; charset=utf-8', right],
  ['a content type in capitals', 'Application/JSON', right],
  ['8,192 bytes', 'application/json', padded(8_192)],
  [
    'white space around everything',
    'application/json',
    '\n{ "username" : "user" ,\t"password" : "user" }\r\n',
  ],
  ['escaped letters', 'application/json', '{"\\u0075sername":"\\u0075ser","password":"user"}'],
])('login accepts %s', async ([, contentType, body]) => {
  const { status } = await postLogin(url, body, { 'Content-Type': contentType })
  expect(status).toBe(200)
})

test('the service still works after all invalid requests', async () => {
  expect(await get(`${url}/`, await tokenOf(url, 'user'))).toEqual(USER_CONTENT)
})
