import { PROBLEMS, TITLES } from '../errors.ts'
import { headerRefs, SHARED_HEADERS } from './headers.ts'
import type { Route } from './routes.ts'
import { schemaRef } from './schemas.ts'

/**
 * What the gateway says where no function has the same to say: it lets no more requests through, or cannot make sense
 * of one. A test compares them with `resources/gateway-responses.yml`.
 */
export const GATEWAY_PROBLEMS = {
  request_refused: {
    status: 400,
    title: 'Request Rejected',
    detail: 'The gateway rejected the request.',
  },
  throttled: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'The request rate limit was exceeded. Try again shortly.',
  },
} as const

export type ProblemName = keyof typeof PROBLEMS | keyof typeof GATEWAY_PROBLEMS

interface Row {
  status: number
  title: string
  detail: string
}

const ROWS = {
  ...Object.fromEntries(
    Object.entries(PROBLEMS).map(([code, [status, detail]]) => [
      code,
      { status, title: TITLES[status], detail },
    ]),
  ),
  ...GATEWAY_PROBLEMS,
} as Record<ProblemName, Row>

/** What may go wrong on every route, and on those that have parameters, take a body, or need an access token. */
const ALWAYS: ProblemName[] = ['throttled', 'internal']
const WITH_PARAMETERS: ProblemName[] = ['request_refused']
const WITH_BODY: ProblemName[] = [
  'malformed_body',
  'request_refused',
  'body_too_large',
  'unsupported_media_type',
  'invalid_fields',
]
const PROTECTED: ProblemName[] = ['invalid_token', 'unavailable']

/** All that may go wrong on a route, by status. */
function problemsByStatus(route: Route): [status: number, names: ProblemName[]][] {
  const names = [
    ...(route.parameters ? WITH_PARAMETERS : []),
    ...(route.body ? WITH_BODY : []),
    ...(route.isProtected ? PROTECTED : []),
    ...route.problems,
    ...ALWAYS,
  ]
  return [...Map.groupBy(names, (name) => ROWS[name].status)]
}

const responseName = (names: readonly ProblemName[]) => names.join('_or_')

/** The responses of a route to whatever may go wrong, by status, as references to {@link problemResponses}. */
export function problemRefs(route: Route): Record<string, { $ref: string }> {
  const refs = problemsByStatus(route).map(([status, names]) => [
    status,
    { $ref: `#/components/responses/${responseName(names)}` },
  ])
  return Object.fromEntries(refs)
}

/** Every response that one of the routes has to something that may go wrong, by name. */
export function problemResponses(routes: readonly Route[]) {
  const responses = routes
    .flatMap(problemsByStatus)
    .map(([status, names]) => [responseName(names), problemResponse(status, names)])
  return Object.fromEntries(responses)
}

/** A response with every problem that it may be as an example, whole. */
function problemResponse(status: number, names: readonly ProblemName[]) {
  const examples = names.map((name) => [name, { summary: ROWS[name].detail, value: problemOf(name) }])
  return {
    description: names.map((name) => ROWS[name].detail).join(' Or: '),
    headers: headerRefs({
      'Cache-Control': 'NoStore',
      ...SHARED_HEADERS,
      ...((status === 429 || status === 503) && { 'Retry-After': 'RetryAfter' }),
      ...(names.includes('invalid_token') && { 'WWW-Authenticate': 'Challenge' }),
      ...(names.includes('forbidden') && { 'WWW-Authenticate': 'ScopeChallenge' }),
    }),
    content: {
      'application/problem+json': {
        schema: schemaRef(status === 422 ? 'InvalidFields' : 'Problem'),
        examples: Object.fromEntries(examples),
      },
    },
  }
}

function problemOf(name: ProblemName) {
  const { title, status, detail } = ROWS[name]
  return {
    type: 'about:blank',
    title,
    // One answer of the gateway's for several statuses names none.
    ...(name !== 'request_refused' && { status }),
    detail,
    ...(name === 'invalid_fields' && {
      errors: [{ pointer: '#', detail: 'Unknown fields are not accepted.' }],
    }),
  }
}
