import type { APIGatewayProxyEvent } from 'aws-lambda'
import * as z from 'zod/mini'
import { type FieldError, ServiceError } from '../errors.ts'
import { headerOf } from './headers.ts'

const MAX_BODY_BYTES = 8_192

/**
 * Reads and validates a request's JSON body.
 *
 * Rejects repeated members, whose meaning RFC 8259 section 4 leaves open. Rejects U+FFFD, with which the
 * gateway replaces bytes that are not UTF-8.
 *
 * @param event - From REST API Gateway, base64-encoded or not.
 * @param schema - A strict schema. Its checks contain the texts that clients see.
 * @returns The output of the schema.
 * @throws {@link ServiceError} `unsupported_media_type`, `body_too_large`, `malformed_body` or
 *   `invalid_fields`. No error contains any part of the body.
 * @example
 * const { refreshToken } = readBody(event, RefreshRequest)
 */
export function readBody<T>(event: APIGatewayProxyEvent, schema: z.ZodMiniType<T>): T {
  if (!isJson(event)) {
    throw new ServiceError('unsupported_media_type', 'content type is not application/json')
  }
  const text = textOf(event)
  const body = parseJson(text)
  const result = z.safeParse(schema, body, { reportInput: true })
  if (!result.success) {
    throw new ServiceError('invalid_fields', 'fields are not valid', { fields: fieldErrors(result.error) })
  }
  if (countMembers(text) !== countKeys(body as object)) {
    throw new ServiceError('malformed_body', 'a member is repeated')
  }
  return result.data
}

/** Whether a request's `Content-Type` is JSON. A page can send it to another origin only after a preflight. */
export const isJson = ({ headers }: APIGatewayProxyEvent): boolean =>
  /^application\/json\s*(;|$)/i.test(headerOf(headers, 'content-type'))

function textOf({ body, isBase64Encoded }: APIGatewayProxyEvent): string {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > MAX_BODY_BYTES) throw new ServiceError('body_too_large', 'body is over 8 KiB')
  const text = bytes.toString('utf8')
  if (text.includes('\uFFFD')) throw new ServiceError('malformed_body', 'body is not UTF-8')
  return text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No cause: node's message quotes the text, which may contain a password.
    throw new ServiceError('malformed_body', 'body is not JSON')
  }
}

/** Counts the members of all objects in a JSON text: strings with a colon after them. */
function countMembers(jsonText: string): number {
  const strings = jsonText.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)
  return [...strings].filter(([, colon]) => colon !== undefined).length
}

/** Counts the members of all objects in a value. It does not recurse: a body may be nested thousands of levels deep. */
function countKeys(body: object): number {
  const objects = [body]
  let count = 0
  for (const one of objects) {
    if (!Array.isArray(one)) count += Object.keys(one).length
    objects.push(...Object.values(one).filter((value) => typeof value === 'object' && value !== null))
  }
  return count
}

function fieldErrors({ issues }: z.core.$ZodError): FieldError[] {
  return issues.map((issue) => ({
    // An unknown name is the client's text, which the response must not repeat.
    pointer: ['#', ...issue.path.map(String)].join('/'),
    detail: issue.code === 'unrecognized_keys' ? 'Unknown fields are not allowed.' : fieldDetail(issue),
    ...(issue.input === undefined ? { rule: 'required' } : brokenRule(issue)),
  }))
}

/** Names the rule that a value breaks. A check that is no `format` names its rule itself: see `ruled` in schemas/fields.ts. */
function brokenRule(issue: z.core.$ZodIssue): Pick<FieldError, 'rule' | 'values'> {
  if (issue.code === 'unrecognized_keys') return { rule: 'unknown' }
  if (issue.code === 'invalid_value') return { rule: 'one_of', values: { options: issue.values.map(String) } }
  if (issue.code !== 'custom') return { rule: 'type' }
  return { rule: issue.path.length === 0 ? 'combination' : 'format', ...issue.params }
}

// A rule over several fields belongs to the schema, and has no path either.
const fieldDetail = ({ path, code, message }: z.core.$ZodIssue) =>
  path.length === 0 && code !== 'custom' ? 'Must be a JSON object.' : message
