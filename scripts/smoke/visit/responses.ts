import { isDeepStrictEqual } from 'node:util'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { type ProblemCode, ServiceError } from '../../../lib/errors.ts'
import { problem } from '../../../lib/http/responses.ts'
import { printable } from '../../cli/terminal/table.ts'

export interface Received {
  status: number
  headers: Headers
  text: string
}

/** What a request has: a token in its header, and a body of JSON or a form. */
interface Sent {
  token?: string
  body?: object
  form?: Record<string, string>
  headers?: Record<string, string>
}

/** Sends a request such as `POST /login`. */
export type Send = (request: string, sent?: Sent) => Promise<Received>

/** A difference between what a check expected and what it got, in one line. */
export class Difference extends Error {
  override readonly name = 'Difference'
}

/** Creates a client of a service. Each request ends after the timeout, or when the signal is aborted. */
export const clientOf =
  (url: string, timeoutMs: number, interruption: AbortSignal): Send =>
  async (request, { token, body, form, headers } = {}) => {
    const [method = '', path] = request.split(' ')
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          'User-Agent': 'serverless-jwt-auth-smoke',
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(form !== undefined && { body: new URLSearchParams(form) }),
        redirect: 'manual',
        signal: AbortSignal.any([timeout, interruption]),
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    } catch (error) {
      if (timeout.aborted) throw new Difference(`no response within ${timeoutMs / 1000} s`)
      const { cause = error as NodeJS.ErrnoException } = error as { cause?: NodeJS.ErrnoException }
      throw new Difference(`no response: ${cause.code ?? cause.message}`)
    }
  }

/** Compares status and headers. A response may have more headers. */
export function expectResponse(
  { status, headers, text }: Received,
  expected: APIGatewayProxyResult,
  more: Record<string, string> = {},
): void {
  if (status !== expected.statusCode) {
    // The body of an error says more. The body of a success may contain tokens.
    const body = status >= 400 ? ` with ${shown(text)}` : ''
    throw new Difference(`expected status ${expected.statusCode}, got ${status}${body}`)
  }
  const differences = Object.entries({ ...expected.headers, ...more }).flatMap(([name, value]) => {
    const got = headers.get(name)
    // The local gateway adds a charset.
    if (got?.replace('; charset=utf-8', '') === value) return []
    return [`expected ${name}: ${value}, got ${got === null ? 'none' : shown(got)}`]
  })
  if (differences.length > 0) throw new Difference(differences.join('; '))
}

/** Compares a whole RFC 9457 problem: its status, headers and members. */
export function expectProblem(received: Received, code: ProblemCode, more?: Record<string, string>): void {
  const expected = problem(new ServiceError(code, ''))
  expectResponse(received, expected, more)
  if (!isDeepStrictEqual(membersOf(received), JSON.parse(expected.body))) {
    throw new Difference(`expected ${expected.body}, got ${shown(received.text)}`)
  }
}

/** Returns the members of a JSON object. */
export function membersOf({ text }: Received): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) }
  } catch {
    throw new Difference('expected a body of JSON, got other text')
  }
}

/** Shortens a text, and hides what may be a token or password: 20 characters or more with a capital or digit. */
const shown = (text: string) =>
  printable(text.replace(/(?=[\w-]*[A-Z\d])[\w-]{20,}/g, '<hidden>').replace(/\s+/g, ' ')).slice(0, 200)
