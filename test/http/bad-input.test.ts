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
} from '../support/http.ts'

const url = inject('serviceUrl')

const STRING = 'Must be a string.'
const NAME = 'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.'
const OBJECT = invalid(['#', 'Must be a JSON object.'])
const UNKNOWN = invalid(['#', 'Unknown fields are not allowed.'])
const NO_TEXT = invalid(['#/password', 'Must be valid Unicode text without NUL.'])
const TOO_LONG = invalid(['#/password', 'Must not exceed 1,024 bytes in UTF-8.'])
const BAD_NAME = invalid(['#/username', NAME])

const right = '{"username":"user","password":"user"}'
const named = (username: string) => JSON.stringify({ username, password: 'user' })
const withPassword = (password: string) => JSON.stringify({ username: 'user', password })
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const padded = (bytes: number) => right + ' '.repeat(bytes - right.length)

const BODIES: [what: string, body: string | Buffer, expected: ApiResponse][] = [
  ['no body', '', MALFORMED],
  ['only white space', ' \n', MALFORMED],
  ['an incomplete body', '{"username":"user","password":', MALFORMED],
  ['a body with trailing text', `${right}{}`, MALFORMED],
  ['a trailing comma', '{"username":"user","password":"user",}', MALFORMED],
  ['single quotes', "{'username':'user','password':'user'}", MALFORMED],
  ['a form', 'username=user&password=user', MALFORMED],
  ['a byte order mark', `\uFEFF${right}`, MALFORMED],
  ['UTF-16', Buffer.from(right, 'utf16le'), MALFORMED],
  ['an invalid UTF-8 byte', Buffer.from('{"username":"user","password":"us\xe9r"}', 'latin1'), MALFORMED],
  ['an overlong form', Buffer.from('{"username":"user","password":"\xc0\xaf"}', 'latin1'), MALFORMED],
  ['a surrogate in UTF-8', Buffer.from('{"username":"user","password":"\xed\xa0\x80"}', 'latin1'), MALFORMED],
  ['a raw NUL', '{"username":"user","password":"us\0er"}', MALFORMED],
  ['a raw line end in a string', '{"username":"user","password":"us\ner"}', MALFORMED],
  ['a password twice', '{"username":"user","password":"wrong","password":"user"}', MALFORMED],
  ['a username twice', '{"username":"admin","username":"user","password":"user"}', MALFORMED],
  [
    'a member twice, once escaped',
    '{"username":"admin","\\u0075sername":"user","password":"user"}',
    MALFORMED,
  ],
  ['NaN', 'NaN', MALFORMED],
  ['an array', `[${right}]`, OBJECT],
  ['a number', '1e400', OBJECT],
  ['4,000 arrays', deep(4_000), OBJECT],
  [
    '4,000 arrays for a password',
    `{"username":"user","password":${deep(4_000)}}`,
    invalid(['#/password', STRING]),
  ],
  ['100,000 arrays', deep(100_000), TOO_LARGE],
  ['an empty object', '{}', invalid(['#/username', STRING], ['#/password', STRING])],
  ['no username', '{"password":"user"}', invalid(['#/username', STRING])],
  ['no password', '{"username":"user"}', invalid(['#/password', STRING])],
  ['a number for a name', '{"username":1,"password":"user"}', invalid(['#/username', STRING])],
  ['null for a password', '{"username":"user","password":null}', invalid(['#/password', STRING])],
  ['an array for a password', '{"username":"user","password":["user"]}', invalid(['#/password', STRING])],
  ['an object for a password', '{"username":"user","password":{"$ne":""}}', invalid(['#/password', STRING])],
  ['a role', '{"username":"user","password":"user","role":"admin"}', UNKNOWN],
  ['a field in another case', '{"Username":"user","username":"user","password":"user"}', UNKNOWN],
  ['__proto__', '{"username":"user","password":"user","__proto__":{"role":"admin"}}', UNKNOWN],
  ['constructor', '{"username":"user","password":"user","constructor":{}}', UNKNOWN],
  [
    '__proto__ alone',
    `{"__proto__":${right}}`,
    invalid(['#/username', STRING], ['#/password', STRING], ['#', 'Unknown fields are not allowed.']),
  ],
  ['an empty name', named(''), BAD_NAME],
  ['a name of 65 letters', named('a'.repeat(65)), BAD_NAME],
  ['a space in the name', named('us er'), BAD_NAME],
  ['a trailing line end in the name', named('user\n'), BAD_NAME],
  ['a key of the table as the name', named('user#admin'), BAD_NAME],
  ['a letter that case-folds to ASCII', named('uſer'), BAD_NAME],
  ['an empty password', withPassword(''), invalid(['#/password', 'Must not be empty.'])],
  ['a NUL in the password', withPassword('user\0'), NO_TEXT],
  ['half a surrogate pair in the password', '{"username":"user","password":"\\ud800"}', NO_TEXT],
  ['a password of 1,025 bytes', withPassword('a'.repeat(1_025)), TOO_LONG],
  ['a password of 513 letters of two bytes', withPassword('é'.repeat(513)), TOO_LONG],
  ['8,193 bytes', padded(8_193), TOO_LARGE],
  ['a megabyte', padded(1_048_576), TOO_LARGE],
]

test.for(BODIES)('login rejects %s', async ([, body, expected]) => {
  expect(await postLogin(url, body)).toEqual(expected)
})

test.for([
  ['text/plain'],
  ['text/plain; application/json'],
  ['application/x-www-form-urlencoded'],
  ['application/jsonp'],
  ['application/json-patch+json'],
  ['application/problem+json'],
  ['*/*'],
])('login rejects content type %s', async ([contentType]) => {
  expect(await postLogin(url, right, { 'Content-Type': contentType })).toEqual(MEDIA_TYPE)
})

test.for([['json'], ['application'], ['application/json/x']])(
  'the gateway rejects the malformed content type %s',
  async ([contentType]) => {
    expect(await postLogin(url, right, { 'Content-Type': contentType })).toEqual({
      ...MALFORMED,
      body: '{"type":"about:blank","title":"Request Rejected","detail":"The gateway rejected the request."}',
    })
  },
)

test.for([
  ['POST', '/register'],
  ['POST', '/register/confirm'],
  ['POST', '/password/forgot'],
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
] as const)('%s %s rejects bodies as login does', async ([method, path]) => {
  await expectBodiesRejected(method, path)
})

test.for([
  ['PUT', '/email'],
  ['POST', '/email/confirm'],
  ['POST', '/factors/totp'],
  ['DELETE', '/factors/totp'],
  ['POST', '/factors/totp/confirm'],
  ['POST', '/factors/recovery-codes'],
  ['POST', '/passkeys/options'],
  ['POST', '/passkeys'],
  ['PATCH', `/passkeys/${'A'.repeat(43)}`],
  ['DELETE', `/passkeys/${'A'.repeat(43)}`],
] as const)('%s %s of a caller rejects bodies as login does', async ([method, path]) => {
  await expectBodiesRejected(method, path, { Authorization: `Bearer ${await tokenOf(url, 'user')}` })
})

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
