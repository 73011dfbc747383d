import type { Say } from '../../support/aws/aws-proxy.ts'

/** Part of a response that must not get into a log or into another response. */
const SECRET = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo'

export const say =
  (status: number, body: string): Say =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(body)

const error = (status: number, type: string, message = 'arn:aws:iam::123456789012:role/login') =>
  say(status, JSON.stringify({ __type: `com.amazonaws.service#${type}`, message }))

const UNREADABLE = 'UnreadableResponse'

export const never: Say = () => {}
const hangUp: Say = (response) => response.destroy()
const throttle = error(400, 'ThrottlingException')
export const crash = error(500, 'InternalServerError')

const stall: Say = (response) => response.writeHead(200, { 'Content-Length': '100' }).write('{')
const breakOff: Say = (response) =>
  response.writeHead(200, { 'Content-Length': '100' }).write('{', () => response.destroy())

/**
 * Faults of a call that last: the reason that must be logged, and how often the call is tried. In each class, the client
 * treats all faults alike.
 */
const CLASSES: Record<string, [fault: string, say: Say, cause: string, attempts: number][]> = {
  silence: [['never answers', never, 'TimeoutError', 3]],
  stall: [['stalls within its response', stall, 'TimeoutError', 3]],
  connection: [
    ['hangs up', hangUp, 'ECONNRESET', 3],
    ['breaks off within its response', breakOff, 'ECONNRESET', 3],
  ],
  throttling: [
    ['throttles every call', throttle, 'ThrottlingException', 3],
    ['answers 429', error(429, 'TooManyRequestsException'), 'TooManyRequestsException', 3],
  ],
  failure: [['answers 500', crash, 'InternalServerError', 3]],
  unreadable: [
    ['answers what is no JSON', say(200, `${SECRET}{`), UNREADABLE, 3],
    ['answers 500 in HTML', say(500, `<h1>${SECRET}</h1>`), UNREADABLE, 3],
    ['answers 503 with an empty body', say(503, ''), UNREADABLE, 3],
    ['answers with an empty body', say(200, ''), UNREADABLE, 3],
    ['answers half of a JSON object', say(200, `{"Item":{"passwordHash":{"S":"${SECRET}`), UNREADABLE, 3],
    ['answers a JSON array', say(200, `["${SECRET}"]`), UNREADABLE, 3],
    ['answers a JSON string', say(200, `"${SECRET}"`), UNREADABLE, 3],
    ['answers null', say(200, 'null'), UNREADABLE, 3],
    ['answers an error whose type is no text', say(400, '{"__type":{"toString":1}}'), 'TypeError', 3],
  ],
  refusal: [
    ['denies access', error(400, 'AccessDeniedException'), 'AccessDeniedException', 1],
    ['finds no such resource', error(400, 'ResourceNotFoundException'), 'ResourceNotFoundException', 1],
    ['finds no such key', error(400, 'NotFoundException'), 'NotFoundException', 1],
    ['rejects expired credentials', error(400, 'ExpiredTokenException'), 'ExpiredTokenException', 1],
    ['answers an error without a type', say(400, '{}'), 'UnknownError', 1],
  ],
}

/** Every fault. */
export const FAULTS = Object.values(CLASSES).flat()

/** The first fault of each class. */
export const ONE_OF_EACH_CLASS = Object.values(CLASSES).flatMap((faults) => faults.slice(0, 1))

const WAITING: Say[] = [never, stall]

/** Whether a function waits for a call with this fault until its time is up. Other faults cost no time. */
export const isWaiting = (say: Say): boolean => WAITING.includes(say)

/** Faults of one attempt. The next attempt succeeds. */
export const PASSING: [fault: string, say: Say][] = [
  ['never answers', never],
  ['hangs up', hangUp],
  ['throttles', throttle],
  ['answers 500', crash],
  ['answers what is no JSON', say(200, 'null{')],
]
