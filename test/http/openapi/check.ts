import { appendFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { inject } from 'vitest'
import { OWN_RESPONSE } from '../../../lib/openapi/own-routes.ts'
import { remapped } from '../../../local/gateway/gateway-rules.ts'
import {
  type Document,
  describeTested,
  isUnknown,
  type Operation,
  operationsOf,
  type Response,
  resolve,
} from './document.ts'

/** A response of the service, with its request. */
export interface Seen {
  method: string
  /** Absolute, or beginning with the path. */
  url: string
  status: number
  headers: Record<string, unknown>
  body: string
}

/** Headers that HTTP and the local server add to any response. */
const TRANSPORT =
  /^(content-type|content-length|date|connection|keep-alive|transfer-encoding|vary|content-encoding|accept-ranges)$/

// Clients must accept unknown members. The service itself must not send any, so the schemas are closed here.
const document: Document = JSON.parse(JSON.stringify(describeTested('http://localhost')), (_, value) =>
  value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value,
)
const operations = operationsOf(document)
const ajv = new Ajv2020({ allErrors: true })
addFormats.default(ajv)
// The description is not a JSON schema, but contains some.
ajv.addVocabulary(Object.keys(document))
ajv.addSchema(document, 'api')

/**
 * Compares a response with the API description, and records it for `test/http/openapi/coverage.ts`.
 *
 * @throws Error with the differences.
 */
export function expectDescribed(seen: Seen): void {
  const name = describedAs(seen)
  if (name !== undefined) appendFileSync(inject('seenFile'), `${name}\n`)
}

/** Compares a function's response with the API description, records it, and returns it. */
export function expectSeen<R extends Called>(method: string, url: string, response: R): R {
  const { statusCode: status, headers = {}, body } = response
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  expectDescribed({ method, url, status, headers: remapped(headers), body: text })
  return response
}

type Called = Pick<APIGatewayProxyResult, 'statusCode' | 'headers'> & { body: unknown }

/**
 * Finds a response in the API description, by route, status, headers, content type and body.
 *
 * @returns Its name in `expectedOf`. Nothing for unknown routes and preflights, which are not described.
 * @throws Error with the differences.
 */
export function describedAs(seen: Seen): string | undefined {
  const { method, status } = seen
  const { pathname } = new URL(seen.url, 'http://localhost')
  // A CORS preflight.
  if (method === 'OPTIONS') return undefined
  const operation = operations.find((each) => each.method === method && matches(each.path, pathname))
  const exchange = `${method} ${pathname} returns ${status}`
  if (operation === undefined) {
    // An unknown route has the same response as an unknown session.
    const unknown = operations.find(({ responses }) => responses[404] !== undefined)
    if (status !== 404 || unknown === undefined)
      throw new Error(`${exchange}: the description has no such route`)
    throwIfAny(exchange, faultsIn(unknown, seen).faults)
    return undefined
  }
  const isOwn = Object.values(operation.responses).some(isUnknown)
  if (isOwn && isUnknown(operation.responses[status] ?? { description: OWN_RESPONSE })) return undefined
  if (operation.responses[status] === undefined) throw new Error(`${exchange}, which is not described`)
  const { faults, problem } = faultsIn(operation, seen)
  throwIfAny(exchange, faults)
  return [method, operation.path, status, problem].join(' ').trim()
}

function throwIfAny(exchange: string, faults: string[]): void {
  if (faults.length > 0) throw new Error(`${exchange}, unlike the description: ${faults.join('; ')}`)
}

/** Returns whether a requested path matches a template with `{parameters}`. A trailing slash is ignored. */
function matches(template: string, pathname: string): boolean {
  const [wanted, requested] = [template.split('/'), pathname.replace(/(?<=.)\/$/, '').split('/')]
  const fits = (part: string, index: number) => {
    const segment = requested[index] ?? ''
    return /^\{.*\}$/.test(part) ? segment !== '' : decoded(segment) === part
  }
  return wanted.length === requested.length && wanted.every(fits)
}

/** Decodes a path segment, or returns it unchanged if it is malformed. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Returns the differences of a response from its description, and the name of its problem if it is one. */
function faultsIn({ path, method, responses }: Operation, { status, body, ...seen }: Seen) {
  const response = resolve<Response>(document, responses[status])
  const sent = Object.entries(seen.headers).filter(([, value]) => value !== undefined)
  const headers = new Map(sent.map(([name, value]) => [name.toLowerCase(), String(value)]))
  const faults = headerFaults(response, headers)
  const type = headers.get('content-type')?.replace(/;.*/, '') ?? ''
  const content = response.content?.[type]
  if (response.content === undefined) {
    return { faults: body === '' ? faults : [...faults, 'the body is not empty'], problem: '' }
  }
  if (content === undefined) return { faults: [...faults, `the content type is ${type}`], problem: '' }
  if (!/[/+]json$/.test(type)) return { faults, problem: '' }

  const place = ['paths', path, method.toLowerCase(), 'responses', String(status)]
  const where =
    '$ref' in (responses[status] ?? {}) ? String(responses[status]?.$ref).slice(2).split('/') : place
  const pointer = [...where, 'content', type, 'schema'].map(escaped).join('/')
  const validate = ajv.getSchema(`api#/${pointer}`)
  const value = JSON.parse(body)
  if (!validate?.(value)) faults.push(ajv.errorsText(validate?.errors, { dataVar: 'body' }))
  if (type !== 'application/problem+json') return { faults, problem: '' }
  const examples = Object.entries(content.examples ?? {})
  const [problem = ''] =
    examples.find(([, example]) => isDeepStrictEqual(bare(example.value), bare(value))) ?? []
  if (problem === '') faults.push(`this problem is not described: ${body}`)
  return { faults, problem }
}

/** Returns a problem without what differs between responses: its list of fields, and the name of a permission. */
const bare = ({ errors: _, detail, ...problem }: Record<string, unknown>) => ({
  ...problem,
  detail: String(detail).replace(/^(Your role does not have) [a-z:-]+\.$/, '$1 a permission.'),
})

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

function headerFaults({ headers = {} }: Response, sent: ReadonlyMap<string, string>): string[] {
  const described = new Map(Object.entries(headers).map(([name, header]) => [name.toLowerCase(), header]))
  const faults = [...sent.keys()]
    .filter((name) => !described.has(name) && !TRANSPORT.test(name))
    .map((name) => `the header ${name} is not described`)
  for (const [name, reference] of described) {
    const { required, schema } = resolve<{ required?: boolean; schema: object }>(document, reference)
    const value = sent.get(name)
    if (value === undefined && required) faults.push(`the header ${name} is missing`)
    if (value !== undefined && !ajv.validate(schema, value)) faults.push(`the header ${name} is ${value}`)
  }
  return faults
}
