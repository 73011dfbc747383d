import { beforeEach, describe, expect, test } from 'vitest'
import { askEndpoint } from '../../lib/drain/endpoint.ts'
import { BROKEN, sendJson, startFarEnd } from './far-end.ts'

const farEnd = await startFarEnd()
beforeEach(() => {
  farEnd.received.length = 0
})

const QUESTION = { id: '42', username: 'ada@example.org', password: 'a password, ü', address: '192.0.2.7' }
const bounds = { timeoutMs: 400, maxBytes: 4_096 }

const ask = () => askEndpoint({ url: `${farEnd.url}/verify?v=1`, secret: 's3cret' }, QUESTION, bounds)

const INVALID = { verdict: 'unavailable', reason: 'The response of the endpoint of passwordsUrl is invalid.' }

test.each([
  [{ correct: true, id: '42' }, { verdict: 'correct' }],
  [{ correct: true, id: '42', secondFactor: false, more: 1 }, { verdict: 'correct' }],
  [{ correct: true, id: '42', secondFactor: true }, { verdict: 'correct-with-factor' }],
  [{ correct: true, id: '43' }, { verdict: 'wrong' }],
  [{ correct: true, id: '43', secondFactor: true }, { verdict: 'wrong' }],
  [{ correct: false }, { verdict: 'wrong' }],
  [{ correct: false, id: '42' }, { verdict: 'wrong' }],
  [{ correct: true }, INVALID],
  [{ correct: true, id: 42 }, INVALID],
  [{ correct: true, id: '42', secondFactor: 'yes' }, INVALID],
  [{ correct: 'true', id: '42' }, INVALID],
  [{ correct: 1, id: '42' }, INVALID],
  [{ id: '42' }, INVALID],
  [{}, INVALID],
  [[], INVALID],
  [null, INVALID],
  ['correct', INVALID],
])('%j is %j', async (body, answer) => {
  farEnd.respond = (response) => sendJson(response, body)
  expect(await ask()).toEqual(answer)
})

test.each<[number, string]>([
  [401, 'The endpoint of passwordsUrl refuses the secret. Seal it again.'],
  [403, 'The endpoint of passwordsUrl refuses the secret. Seal it again.'],
  ...[201, 204, 301, 307, 400, 404, 429, 500].map((status): [number, string] => [
    status,
    'The endpoint of passwordsUrl returns another status than 200.',
  ]),
])('status %i is no verdict, also with the body of one', async (status, reason) => {
  farEnd.respond = (response) => sendJson(response, { correct: true, id: '42' }, status)
  expect(await ask()).toEqual({ verdict: 'unavailable', reason, error: `status_${status}` })
})

describe('there is no verdict if the endpoint', () => {
  test.each(Object.entries(BROKEN))('%s', async (_what, responder) => {
    farEnd.respond = responder
    expect(await ask()).toMatchObject({
      verdict: 'unavailable',
      reason: expect.stringContaining('endpoint of passwordsUrl'),
    })
    // A redirect is not followed, and nothing is sent twice.
    expect(farEnd.received.length).toBe(1)
  })
})

test('the request has the secret in a header, the question in the body, and nothing else of the user', async () => {
  farEnd.respond = (response) => sendJson(response, { correct: false })
  await ask()
  const [{ path, headers, body } = expect.fail('no request')] = farEnd.received
  expect({ path, body }).toEqual({
    path: '/verify?v=1',
    body: { id: '42', username: 'ada@example.org', password: 'a password, ü' },
  })
  expect(headers).toMatchObject({ authorization: 'Bearer s3cret', 'content-type': 'application/json' })
})

test('http is for this machine only', async () => {
  expect(await askEndpoint({ url: 'http://192.0.2.1/', secret: 's3cret' }, QUESTION, bounds)).toEqual({
    verdict: 'unavailable',
    reason: 'The endpoint of passwordsUrl does not respond.',
    error: 'not_https',
  })
})
