import { inspect } from 'node:util'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod/mini'
import { lambdaContext, loginEvent, parsed } from '../../test/support/http/lambda.ts'
import { fieldError } from '../../test/support/http/problems.ts'
import { type FieldError, PROBLEMS, type ProblemCode, TITLES } from '../errors.ts'
import { readBody } from './body.ts'
import { apiHandler } from './handler.ts'
import { json } from './responses.ts'
import { LoginRequest } from './schemas/sessions.ts'

/** Is in every invalid body, so that a response which repeats the body contains it. */
const SECRET = 'hunter2'

const echo = apiHandler(async (event) => json(200, readBody(event, LoginRequest)))
const base64 = (body: string | Buffer) => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
})
const credentials = (username: unknown, password: unknown = SECRET) => JSON.stringify({ username, password })

afterEach(() => {
  vi.restoreAllMocks()
})

const USERNAME = {
  pointer: '#/username',
  detail: 'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.',
  rule: 'format',
}
const MISSING = (name: string) => ({ pointer: `#/${name}`, detail: 'Must be a string.', rule: 'required' })
const NOT_TEXT = (name: string) => ({ ...MISSING(name), rule: 'type' })
const BOTH_MISSING = [MISSING('username'), MISSING('password')]
const NO_TEXTS = [NOT_TEXT('username'), NOT_TEXT('password')]
const UNKNOWN = fieldError('#', 'Unknown fields are not allowed.')
const NO_OBJECT = fieldError('#', 'Must be a JSON object.')
const NUL = fieldError('#/password', 'Must be valid Unicode text without NUL.')
const TOO_LONG = fieldError('#/password', 'Must not exceed 1,024 bytes in UTF-8.')

describe('a body is read', () => {
  test('as REST API Gateway sends it, in base64 or not', () => {
    const body = credentials('ada', 'p\u00e4ss')
    expect(read(body)).toEqual({ username: 'ada', password: 'p\u00e4ss' })
    expect(readBody(loginEvent(base64(body)), LoginRequest)).toEqual({
      username: 'ada',
      password: 'p\u00e4ss',
    })
  })

  test.each<[string, Record<string, string>]>([
    ['with a charset', { 'Content-Type': 'application/json; charset=utf-8' }],
    ['in capitals', { 'Content-Type': 'Application/JSON' }],
    ['under a name in lower case, as HTTP/2 has it', { 'content-type': 'application/json' }],
  ])('with its content type %s', (_how, headers) => {
    expect(readBody(loginEvent({ headers }), LoginRequest)).toEqual({ username: 'user', password: 'user' })
  })

  test('with white space wherever JSON allows it', () => {
    const body = '\r\n\t { "username"\t: "ada" ,\n"password"\r\n :"x" } \n'
    expect(read(body)).toEqual({ username: 'ada', password: 'x' })
  })

  test.each(['"username":', 'a":"b', '\\" : \\\\"', '{"a":"b","a":"c"}', ' \u2028 ', '\uD83D\uDD11'])(
    'with the password %j, which resembles other JSON',
    (password) => {
      expect(read(credentials('ada', password)).password).toBe(password)
    },
  )

  test('with an escaped U+FFFD, which is not from the gateway', () => {
    expect(read('{"username":"ada","password":"\\ufffd"}').password).toBe('\ufffd')
  })

  test('with the username in lower case, as it is stored', () => {
    expect(read(credentials('Ada.LOVELACE-1_x')).username).toBe('ada.lovelace-1_x')
  })

  test('with the password in Unicode form C, as it is hashed', () => {
    expect(read(credentials('ada', 'cafe\u0301')).password).toBe('caf\u00e9')
  })
})

describe('a content type is rejected', () => {
  test.each<[string, unknown]>([
    ['that is missing', {}],
    ['that is empty', { 'Content-Type': '' }],
    ['of a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['of plain text', { 'Content-Type': 'text/plain; application/json' }],
    ['that only starts the same', { 'Content-Type': 'application/jsonp' }],
    ['of JSON of another kind', { 'Content-Type': 'application/json-patch+json' }],
    ['in a list', { 'Content-Type': ['application/json'] }],
    ['that is a number', { 'Content-Type': 7 }],
    ['that is null', { 'Content-Type': null }],
    ['when there are no headers', null],
  ])('%s', async (_what, headers) => {
    const event = { body: credentials('ada'), headers } as Partial<APIGatewayProxyEvent>
    await expectRefusal(event, 'unsupported_media_type', 'content type is not application/json')
  })
})

describe('a body is limited to 8 KiB', () => {
  const filled = (bytes: number) => {
    const body = credentials('ada', `${SECRET}\u00e9`)
    return body + ' '.repeat(bytes - Buffer.byteLength(body))
  }

  test('in bytes', async () => {
    expect(read(filled(8_192)).username).toBe('ada')
    await expectRefusal({ body: filled(8_193) }, 'body_too_large', 'body is over 8 KiB')
  })

  test('in base64, counted after decoding', async () => {
    expect(readBody(loginEvent(base64(filled(8_192))), LoginRequest).username).toBe('ada')
    await expectRefusal(base64(filled(8_193)), 'body_too_large', 'body is over 8 KiB')
  })

  test('so that 100,000 nested arrays are not parsed', async () => {
    await expectRefusal(
      { body: '['.repeat(100_000) + ']'.repeat(100_000) },
      'body_too_large',
      'body is over 8 KiB',
    )
  })
})

describe('a body is rejected as malformed', () => {
  const notUtf8 = (password: string) => base64(Buffer.from(credentials('ada', password), 'latin1'))

  test.each<[string, Partial<APIGatewayProxyEvent>]>([
    ['when it is null', { body: null }],
    ['when it is empty', { body: '' }],
    ['when it is white space', { body: ' \n' }],
    ['when it is text', { body: SECRET }],
    ['when it is NaN', { body: 'NaN' }],
    ['when it ends too soon', { body: `{"username":"ada","password":"${SECRET}` }],
    ['when text follows it', { body: `${credentials('ada')}${SECRET}` }],
    ['when it is a form', { body: `username=ada&password=${SECRET}` }],
    ['with single quotes', { body: `{'username':'ada','password':'${SECRET}'}` }],
    ['with a comma too many', { body: `{"username":"ada","password":"${SECRET}",}` }],
    ['with a comment', { body: `{/* ${SECRET} */"username":"ada","password":"x"}` }],
    ['with a byte order mark', { body: `\uFEFF${credentials('ada')}` }],
    ['with a byte order mark in base64', base64(`\uFEFF${credentials('ada')}`)],
    ['in UTF-16', base64(Buffer.from(credentials('ada'), 'utf16le'))],
    ['with a NUL in it', { body: credentials('ada', 'NUL').replace('NUL', `${SECRET}\0`) }],
    ['with a NUL after it', { body: `${credentials('ada')}\0` }],
    ['with a raw line end in a string', { body: credentials('ada').replace(SECRET, `${SECRET}\n`) }],
    ['with base64 that the gateway did not declare', { body: base64(credentials('ada')).body }],
  ])('%s', async (_what, event) => {
    await expectRefusal(event, 'malformed_body', 'body is not JSON')
  })

  test.each<[string, Partial<APIGatewayProxyEvent>]>([
    ['bytes that are not UTF-8', notUtf8(`${SECRET}\u00ff`)],
    ['a surrogate in UTF-8', notUtf8(`${SECRET}\xed\xa0\x80`)],
    [
      'U+FFFD, which the gateway puts in place of such bytes',
      { body: credentials('ada', `${SECRET}\ufffd`) },
    ],
    ['a lone surrogate', { body: `{"username":"ada","password":"${SECRET}\ud800"}` }],
  ])('with %s', async (_what, event) => {
    await expectRefusal(event, 'malformed_body', 'body is not UTF-8')
  })

  test.each([
    ['two usernames', `{"username":"ada","username":"bob","password":"${SECRET}"}`],
    ['two passwords that are equal', `{"username":"ada","password":"${SECRET}","password":"${SECRET}"}`],
    [
      'a second username in another spelling',
      `{"username":"ada","user\\u006eame":"bob","password":"${SECRET}"}`,
    ],
    ['a second username far away', `{"username" :"ada","password":"${SECRET}","username"\n\t :"bob"}`],
  ])('with %s', async (_what, body) => {
    await expectRefusal({ body }, 'malformed_body', 'a member is repeated')
  })
})

describe('fields are rejected', () => {
  test.each<[string, string, FieldError[]]>([
    ['that are missing', '{}', BOTH_MISSING],
    ['without a username', `{"password":"${SECRET}"}`, [MISSING('username')]],
    ['without a password', `{"username":"ada"}`, [MISSING('password')]],
    ['that are null', credentials(null, null), NO_TEXTS],
    ['that are numbers', credentials(7, 7), NO_TEXTS],
    ['that are booleans', credentials(true, false), NO_TEXTS],
    ['that are lists', credentials(['ada'], [SECRET]), NO_TEXTS],
    ['that are objects', credentials({ S: 'ada' }, { S: SECRET }), NO_TEXTS],
    ['that are not known', `{"username":"ada","password":"x","${SECRET}":1,"b":2}`, [UNKNOWN]],
    ['that differ in case', `{"Username":"ada","password":"${SECRET}"}`, [MISSING('username'), UNKNOWN]],
    ['that are empty', credentials('', ''), [USERNAME, fieldError('#/password', 'Must not be empty.')]],
    ['with blanks in the username', credentials(` ${SECRET} `), [USERNAME]],
    ['with a line break after the username', credentials(`${SECRET}\n`), [USERNAME]],
    ['with non-ASCII letters in the username', credentials('\u212aada'), [USERNAME]],
    ['with a NUL in the username', credentials('ada\0'), [USERNAME]],
    ['with the separator of store keys in the username', credentials('ada#profile'), [USERNAME]],
    ['with a NUL in the password', credentials('ada', `${SECRET}\0`), [NUL]],
    ['with half a surrogate pair in the password', credentials('ada', `${SECRET}\ud800`), [NUL]],
    ['of a text', `"${SECRET}"`, [NO_OBJECT]],
    ['of a number', '7', [NO_OBJECT]],
    ['of a number that is infinite', '1e400', [NO_OBJECT]],
    ['of null', 'null', [NO_OBJECT]],
    ['of a list', `["ada","${SECRET}"]`, [NO_OBJECT]],
    ['of a list of objects', `[${credentials('ada')}]`, [NO_OBJECT]],
    ['of 4,000 nested arrays', '['.repeat(4_000) + ']'.repeat(4_000), [NO_OBJECT]],
    [
      'of 600 nested objects',
      `${'{"username":'.repeat(600)}1${'}'.repeat(600)}`,
      [NOT_TEXT('username'), MISSING('password')],
    ],
    [
      'of an object with a __proto__ member',
      `{"username":"ada","password":"${SECRET}","__proto__":{"role":"admin"}}`,
      [UNKNOWN],
    ],
    [
      'that only a __proto__ member holds',
      `{"__proto__":{"username":"ada","password":"${SECRET}"}}`,
      [...BOTH_MISSING, UNKNOWN],
    ],
    [
      'of an object with a constructor member',
      `{"username":"ada","password":"${SECRET}","constructor":{"prototype":{}}}`,
      [UNKNOWN],
    ],
  ])('%s', async (_what, body, errors) => {
    await expectRefusal({ body }, 'invalid_fields', 'fields are not valid', errors)
    expect(Object.hasOwn(Object.prototype, 'role')).toBe(false)
  })

  test('with a username over 64 characters', async () => {
    expect(read(credentials('x'.repeat(64))).username).toBe('x'.repeat(64))
    await expectRefusal({ body: credentials('x'.repeat(65)) }, 'invalid_fields', 'fields are not valid', [
      USERNAME,
    ])
  })

  test.each([
    ['of one byte each', 'x', 1_024],
    ['of two bytes each', '\u00e9', 512],
    ['that form C makes shorter, counted after normalisation', 'e\u0301', 512],
    ['that form C makes longer, counted after normalisation', '\u0958', 170],
    ['of four bytes each', '\uD83D\uDD11', 256],
  ])('with a password over 1,024 bytes, in characters %s', async (_what, character, most) => {
    const password = character.repeat(most)
    expect(read(credentials('ada', password)).password).toBe(password.normalize('NFC'))
    await expectRefusal(
      { body: credentials('ada', password + character) },
      'invalid_fields',
      'fields are not valid',
      [TOO_LONG],
    )
  })
})

const Nested = z.strictObject({ response: z.object({ id: z.string() }) })
const readNested = (body: string) => readBody(loginEvent({ body }), Nested)

test('readBody reads nested members, and drops those that the schema does not have', () => {
  expect(readNested('{"response":{"id":"a","more":[{"id":"b"},{"c":{"id":1}}]}}')).toEqual({
    response: { id: 'a' },
  })
})

test.each([
  ['in a nested object', '{"response":{"id":"a","id":"b"}}'],
  ['in an object that the schema does not have', '{"response":{"id":"a","more":[{"b":1,"b":2}]}}'],
])('readBody rejects a repeated member %s', (_where, body) => {
  expect(() => readNested(body)).toThrow('a member is repeated')
})

test('readBody reads a member that is null', () => {
  expect(readNested('{"response":{"id":"a","more":null}}')).toEqual({ response: { id: 'a' } })
})

test('readBody reads a body of thousands of levels', () => {
  const deep = `${'['.repeat(4_000)}${']'.repeat(4_000)}`
  expect(readNested(`{"response":{"id":"a","more":${deep}}}`)).toEqual({ response: { id: 'a' } })
})

describe('an error of a schema', () => {
  const fieldsOf = (schema: z.ZodMiniType<unknown>, body: unknown) => {
    try {
      readBody(loginEvent({ body: JSON.stringify(body) }), schema)
    } catch (error) {
      return (error as { fields?: FieldError[] }).fields
    }
    return []
  }

  test('over several fields points to the body, and has its own text', () => {
    const text = 'One of both is required.'
    const schema = z.object({ a: z.optional(z.string()) }).check(z.refine(({ a }) => a !== undefined, text))
    expect(fieldsOf(schema, {})).toEqual([{ pointer: '#', detail: text, rule: 'combination' }])
    expect(fieldsOf(schema, { a: 'x' })).toEqual([])
  })

  test('in a nested member points there', () => {
    const schema = z.object({ list: z.array(z.object({ a: z.string('Must be a string.') })) })
    const body = { list: [{ a: 'x' }, { a: 7 }] }
    expect(fieldsOf(schema, body)).toEqual([
      { pointer: '#/list/1/a', detail: 'Must be a string.', rule: 'type' },
    ])
  })

  test('of a body that is no object points to the body', () => {
    for (const body of [[], 'text', 7, null]) {
      const fields = [fieldError('#', 'Must be a JSON object.')]
      expect(fieldsOf(z.object({}), body)).toEqual(fields)
    }
  })
})

const read = (body: string | null) => readBody(loginEvent({ body }), LoginRequest)

/** Sends an invalid request and verifies its whole response and its log. */
async function expectRefusal(
  changes: Partial<APIGatewayProxyEvent>,
  code: ProblemCode,
  reason: string,
  errors?: FieldError[],
) {
  const records: unknown[] = []
  for (const method of ['info', 'error', 'log', 'warn', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...all) => void records.push(...all))
  }
  const event = loginEvent(changes)
  const response = await echo(event, lambdaContext())
  const [status, detail] = PROBLEMS[code]
  expect(parsed(response)).toEqual({
    statusCode: status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // An event with other headers does not say that it came over HTTPS.
      ...(changes.headers === undefined && { 'Strict-Transport-Security': 'max-age=31536000' }),
    },
    body: { type: 'about:blank', title: TITLES[status], status, detail, code, ...(errors && { errors }) },
  })
  expect(records).toEqual([{ event: 'request.refused', code, reason }])

  let thrown: unknown
  try {
    readBody(event, LoginRequest)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ name: 'ServiceError', code })
  expect(inspect([response, records, thrown], { depth: null })).not.toContain(SECRET)
}
