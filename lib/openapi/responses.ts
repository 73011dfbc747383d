import { headerRefs, SHARED_HEADERS } from './headers.ts'
import { ALL_PROBLEMS, type ProblemName, problemExample } from './problems/problems.ts'
import type { Route } from './route.ts'
import { schemaRef } from './schemas.ts'

/**
 * Problems of every route, and of those with a parameter in the path, with a body, with an access token, or with the session
 * cookie.
 */
const ALWAYS: ProblemName[] = ['throttled', 'internal', 'unavailable']
const WITH_PATH_PARAMETER: ProblemName[] = ['request_refused']
const WITH_BODY: ProblemName[] = [
  'malformed_body',
  'request_refused',
  'body_too_large',
  'unsupported_media_type',
  'invalid_fields',
]
const PROTECTED: ProblemName[] = ['invalid_token']
const WITH_COOKIE: ProblemName[] = ['no_json', 'foreign_site', 'foreign_origin']
const WITH_COOKIE_ALONE: ProblemName[] = ['same_origin']

/** Returns all problems of a route, by status. */
function problemsByStatus(route: Route): [status: number, names: ProblemName[]][] {
  const names = [
    ...(route.path.includes('{') ? WITH_PATH_PARAMETER : []),
    ...(route.body ? WITH_BODY : []),
    ...(route.isProtected === true ? PROTECTED : []),
    ...(route.cookie === 'needs' ? WITH_COOKIE_ALONE : route.cookie ? WITH_COOKIE : []),
    ...(route.problems ?? []),
    ...ALWAYS,
  ]
  const once = [...new Set(names)].filter((name) => !route.omits?.includes(name))
  const statusOfProblem = (name: ProblemName) => ALL_PROBLEMS[name].status
  return [...new Set(once.map(statusOfProblem))].map((status) => [
    status,
    once.filter((name) => statusOfProblem(name) === status),
  ])
}

const responseName = (names: readonly ProblemName[]) => names.join('_or_')

/** Returns the error responses of a route by status, as references to {@link problemResponses}. */
export function problemRefs(route: Route): Record<string, { $ref: string }> {
  const refs = problemsByStatus(route).map(([status, names]) => [
    status,
    { $ref: `#/components/responses/${responseName(names)}` },
  ])
  return Object.fromEntries(refs)
}

/** Returns the error responses of all routes, by name. */
export function problemResponses(routes: readonly Route[]) {
  const problems = routes.flatMap(problemsByStatus).map((one) => [responseName(one[1]), one] as const)
  // Most routes share their problems with others.
  const responses = [...new Map(problems)].map(([name, one]) => [name, problemResponse(...one)])
  return Object.fromEntries(responses)
}

/** Returns a response with the whole body of each problem as an example. */
function problemResponse(status: number, names: readonly ProblemName[]) {
  const examples = names.map((name) => [
    name,
    { summary: ALL_PROBLEMS[name].detail, value: problemExample(name) },
  ])
  return {
    description: names.map((name) => ALL_PROBLEMS[name].detail).join(' Or: '),
    headers: headerRefs({
      'Cache-Control': 'NoStore',
      ...SHARED_HEADERS,
      ...((status === 429 || status === 503) && { 'Retry-After': 'RetryAfter' }),
      ...(status === 500 && { 'Retry-After': 'RetryAfterFailure' }),
      ...(names.includes('invalid_token') && { 'WWW-Authenticate': 'Challenge' }),
      ...(names.some((name) => /^step_up$|_sign_in$/.test(name)) && {
        'x-amzn-Remapped-WWW-Authenticate': 'StepUpChallenge',
      }),
      ...(names.some((name) => name === 'rejected_token' || name === 'missing_openid') && {
        'x-amzn-Remapped-WWW-Authenticate': 'TokenChallenge',
      }),
      ...(names.includes('device_challenge') && { 'Secure-Session-Challenge': 'DeviceChallenge' }),
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
