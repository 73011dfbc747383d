import type { Say } from './proxy.ts'

/** An answer that would tell a secret, if it were repeated. */
const SECRET = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo'

export const say =
  (status: number, body: string): Say =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(body)

const error = (status: number, type: string, message = 'arn:aws:iam::123456789012:role/login') =>
  say(status, JSON.stringify({ __type: `com.amazonaws.service#${type}`, message }))

export const never: Say = () => {}
const hangUp: Say = (response) => response.destroy()
const throttle = error(400, 'ThrottlingException')
export const crash = error(500, 'InternalServerError')

const stall: Say = (response) => response.writeHead(200, { 'Content-Length': '100' }).write('{')
const breakOff: Say = (response) =>
  response.writeHead(200, { 'Content-Length': '100' }).write('{', () => response.destroy())

/** What may befall any call: the reason that must be logged, and how often the call is tried. */
export const FAULTS: [fault: string, say: Say, cause: string, attempts: number][] = [
  ['never answers', never, 'TimeoutError', 3],
  ['stalls within its answer', stall, 'TimeoutError', 3],
  ['hangs up', hangUp, 'ECONNRESET', 3],
  ['breaks off within its answer', breakOff, 'ECONNRESET', 3],
  ['throttles every call', throttle, 'ThrottlingException', 3],
  ['answers 429', error(429, 'TooManyRequestsException'), 'TooManyRequestsException', 3],
  ['answers 500', crash, 'InternalServerError', 3],
  ['answers 500 in HTML', say(500, `<h1>${SECRET}</h1>`), 'UnreadableAnswer', 3],
  ['answers 503 with nothing', say(503, ''), 'UnreadableAnswer', 3],
  ['answers with nothing', say(200, ''), 'UnreadableAnswer', 3],
  ['answers what is no JSON', say(200, `${SECRET}{`), 'UnreadableAnswer', 3],
  [
    'answers half of a JSON object',
    say(200, `{"Item":{"passwordHash":{"S":"${SECRET}`),
    'UnreadableAnswer',
    3,
  ],
  ['answers a JSON array', say(200, `["${SECRET}"]`), 'UnreadableAnswer', 3],
  ['answers a JSON string', say(200, `"${SECRET}"`), 'UnreadableAnswer', 3],
  ['answers null', say(200, 'null'), 'UnreadableAnswer', 3],
  ['answers an error without a type', say(400, '{}'), 'UnknownError', 1],
  ['answers an error whose type is no text', say(400, '{"__type":{"toString":1}}'), 'TypeError', 3],
  ['denies access', error(400, 'AccessDeniedException'), 'AccessDeniedException', 1],
  ['knows no such thing', error(400, 'ResourceNotFoundException'), 'ResourceNotFoundException', 1],
  ['has lost the key', error(400, 'NotFoundException'), 'NotFoundException', 1],
  ['is told an old token', error(400, 'ExpiredTokenException'), 'ExpiredTokenException', 1],
]

/** What may befall one call and is over at the next, which then succeeds. */
export const PASSING: [fault: string, say: Say][] = [
  ['never answers', never],
  ['hangs up', hangUp],
  ['throttles', throttle],
  ['answers 500', crash],
  ['answers what is no JSON', say(200, 'null{')],
]
