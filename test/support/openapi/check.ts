import { appendFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { inject } from 'vitest'
import { describeApi } from '../../../lib/openapi/document.ts'
import { type Document, type Operation, operationsOf, type Response, resolve } from './document.ts'

/** An answer of the service, and what was asked. */
export interface Seen {
  method: string
  /** Whole, or from the path on. */
  url: string
  status: number
  headers: Record<string, unknown>
  body: string
}

/** What HTTP itself, and the local server, add to any answer. */
const TRANSPORT =
  /^(content-type|content-length|date|connection|keep-alive|transfer-encoding|vary|content-encoding|accept-ranges)$/

// What clients must bear, members that are new to them, the service must not have.
const document: Document = JSON.parse(JSON.stringify(describeApi('http://localhost', true)), (_, value) =>
  value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value,
)
const operations = operationsOf(document)
const ajv = new Ajv2020({ allErrors: true })
addFormats.default(ajv)
// The description is no schema itself; what lies in it are.
ajv.addVocabulary(Object.keys(document))
ajv.addSchema(document, 'api')

/**
 * Holds an answer that the service gave against its description, and writes down what was seen, for
 * `test/support/openapi/coverage.ts`.
 *
 * @throws Error saying what the description does not have.
 */
export function expectDescribed(seen: Seen): void {
  const known = describedAs(seen)
  if (known !== undefined) appendFileSync(inject('seenFile'), `${known}\n`)
}

/**
 * What an answer is in the description: route, status, headers, content type and body must all be there.
 *
 * @returns As in `expectedOf`; nothing for routes that there are not, and for what is not described on purpose.
 * @throws Error saying what the description does not have.
 */
export function describedAs(seen: Seen): string | undefined {
  const { method, status } = seen
  const { pathname } = new URL(seen.url, 'http://localhost')
  // Browsers' own questions, which they ask before they ask what a page wants to know.
  if (method === 'OPTIONS') return undefined
  const operation = operations.find((each) => each.method === method && matches(each.path, pathname))
  const asked = `${method} ${pathname} answers ${status}`
  if (operation === undefined) {
    // A route that there is not answers as a session that there is not.
    const nowhere = operations.find(({ responses }) => responses[404] !== undefined)
    if (status !== 404 || nowhere === undefined)
      throw new Error(`${asked}: the description has no such route`)
    throwIfAny(asked, faultsIn(nowhere, seen).faults)
    return undefined
  }
  if (operation.responses[status] === undefined)
    throw new Error(`${asked}, which the description does not have`)
  const { faults, problem } = faultsIn(operation, seen)
  throwIfAny(asked, faults)
  return [method, operation.path, status, problem].join(' ').trim()
}

function throwIfAny(asked: string, faults: string[]): void {
  if (faults.length > 0) throw new Error(`${asked}, and not as the description says: ${faults.join('; ')}`)
}

/** Whether a path, as it was sent, is one that a template with `{parameters}` stands for; a slash at its end is none. */
function matches(template: string, pathname: string): boolean {
  const [wanted, given] = [template.split('/'), pathname.replace(/(?<=.)\/$/, '').split('/')]
  const fits = (part: string, index: number) => {
    const written = given[index] ?? ''
    return /^\{.*\}$/.test(part) ? written !== '' : decoded(written) === part
  }
  return wanted.length === given.length && wanted.every(fits)
}

/** A part of a path, or as it was sent where it is not well-formed. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}

/** What of an answer is not as described, and which of the described problems it is, if it is one. */
function faultsIn({ path, method, responses }: Operation, { status, body, ...seen }: Seen) {
  const response = resolve<Response>(document, responses[status])
  const given = Object.entries(seen.headers).filter(([, value]) => value !== undefined)
  const headers = new Map(given.map(([name, value]) => [name.toLowerCase(), String(value)]))
  const faults = headerFaults(response, headers)
  const type = headers.get('content-type')?.replace(/;.*/, '') ?? ''
  const content = response.content?.[type]
  if (response.content === undefined) {
    return { faults: body === '' ? faults : [...faults, 'there is a body'], problem: '' }
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
  if (problem === '') faults.push(`there is no such problem: ${body}`)
  return { faults, problem }
}

/** A problem without the list of fields, which differs from answer to answer. */
const bare = ({ errors: _, ...problem }: Record<string, unknown>) => problem

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

function headerFaults({ headers = {} }: Response, given: ReadonlyMap<string, string>): string[] {
  const described = new Map(Object.entries(headers).map(([name, header]) => [name.toLowerCase(), header]))
  const faults = [...given.keys()]
    .filter((name) => !described.has(name) && !TRANSPORT.test(name))
    .map((name) => `the header ${name} is not described`)
  for (const [name, reference] of described) {
    const { required, schema } = resolve<{ required?: boolean; schema: object }>(document, reference)
    const value = given.get(name)
    if (value === undefined && required) faults.push(`the header ${name} is missing`)
    if (value !== undefined && !ajv.validate(schema, value)) faults.push(`the header ${name} is ${value}`)
  }
  return faults
}
