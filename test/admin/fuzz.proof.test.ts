import { createGeneratorSync, type JsonSchema } from 'json-schema-faker'
import openApiFuzzer from 'openapi-fuzzer-core'
import { afterAll, expect, test, vi } from 'vitest'
import { describeTested } from '../http/openapi/document.ts'
import { recordLogs } from '../support/logs.ts'
import { readTable, startWithCallers } from './callers.ts'
import { ROUTE_NAMES } from './routes.ts'

// Two generators of others make requests from the API description: valid ones, and invalid ones.

vi.mock('../../auth.config.ts', async () => ({
  default: {
    roles: ['user', 'support', 'admin'],
    administrators: ['admin'],
    can: { support: { over: ['user'], may: (await import('../../project/permissions.ts')).DELEGABLE } },
    attributes: { plan: { type: 'string', values: ['free', 'pro'] } },
  },
}))

/** Requests of each generator to a route, for callers who may use it. Others send the first of them. */
const [VALID, INVALID, OF_OTHERS] = [40, 40, 6] as const

interface Parameter {
  name: string
  in: string
  schema?: JsonSchema
}

interface Described {
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: JsonSchema }> }
}

interface Made {
  path: string
  query: Record<string, string>
  body: unknown
}

recordLogs()
const { service, named, callers, restore } = await startWithCallers()
const { columns, rows } = readTable()
const document = JSON.parse(JSON.stringify(describeTested('https://service.example')))
const { components } = document
const generator = createGeneratorSync({ seed: 20_270_115 })
const generate = (schema: JsonSchema = {}) => generator.generate({ ...Object(schema), components })

const operations = rows
  .filter(({ route }) => ROUTE_NAMES.includes(route))
  .map(({ route, cells }) => {
    const [method = '', path = ''] = route.split(' ')
    const described: Described = document.paths[path]?.[method.toLowerCase()] ?? {}
    const { parameters = [], requestBody } = described
    const body = requestBody?.content['application/json']?.schema
    return { route, cells, method, path, parameters: parameters.map(resolve), body }
  })
type Operation = (typeof operations)[number]

function resolve(parameter: Parameter & { $ref?: string }): Parameter {
  const name = parameter.$ref?.split('/').at(-1)
  return name === undefined ? parameter : components.parameters[name]
}

/** A value that exists for each parameter of a path. */
const KNOWN: Record<string, string> = { id: named.target.id, sid: named.sessionId, gid: named.clientId }

const filled = (path: string, of: (name: string) => unknown) =>
  path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(of(name))) || '-')

/** Returns requests that fit the description. Every other one names what exists. */
const validOf = ({ path, parameters, body }: Operation): Made[] =>
  Array.from({ length: VALID }, (_, index) => ({
    path: filled(path, (name) =>
      index % 2 ? KNOWN[name] : generate(parameters.find((one) => one.name === name)?.schema),
    ),
    query: Object.fromEntries(
      parameters
        .filter((one) => one.in === 'query')
        .map(({ name, schema }) => [name, String(generate(schema))]),
    ),
    body: body && generate(body),
  }))

/** Returns requests that do not. The generator reads descriptions of version 2. */
function invalidOf({ path, method, parameters, body }: Operation): Made[] {
  const ofBody = body ? [{ in: 'body', name: 'body', schema: { $ref: '#/definitions/body' } }] : []
  const flat = parameters.map(({ schema, ...one }) => ({ ...one, ...Object(schema) }))
  const swagger = {
    basePath: '',
    definitions: { body: dereferenced(body) },
    paths: { [path]: { [method.toLowerCase()]: { parameters: [...flat, ...ofBody] } } },
  }
  return openApiFuzzer
    .swagger(swagger)
    .filter(({ name }) => /PARAMS|BODY/.test(name))
    .slice(0, INVALID)
    .map(({ request: { pathParams, queryParams = {}, body: sent } }) => ({
      path: filled(path, (name) => pathParams?.[name] ?? KNOWN[name]),
      query: Object.fromEntries(Object.entries(queryParams).map(([name, value]) => [name, String(value)])),
      body: sent,
    }))
}

function dereferenced(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(dereferenced)
  const { $ref } = schema as { $ref?: string }
  if ($ref) return dereferenced(components.schemas[String($ref.split('/').at(-1))])
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, dereferenced(value)]))
}

let count = 0
const statuses = new Map<number, number>()
afterAll(() => {
  vi.useRealTimers()
  console.log(`Requests that were generated: ${count}, by status ${JSON.stringify([...statuses].toSorted())}`)
})

test.each(operations)(
  'generated requests to $route get no 2xx outside the table, and no 5xx',
  async (one) => {
    await restore()
    const { target } = named
    const requests = [...validOf(one), ...invalidOf(one)]
    expect(requests.length).toBeGreaterThanOrEqual(VALID)
    const faults: string[] = []
    for (const [index, column] of columns.entries()) {
      const isOpen = Number(one.cells[index]) < 300
      for (const [headers = {}] of [callers[column] ?? []]) {
        for (const { path, query, body } of isOpen ? requests : requests.slice(-OF_OTHERS)) {
          const asking = { query, headers: { ...headers, 'If-Match': `"${target.changeId}"` } }
          const sent = await service.functions
            .ask(`${one.method} ${path}`, { ...asking, ...(body !== undefined && { body: Object(body) }) })
            .catch((error: Error) => ({ status: 500, text: error.message }))
          count += 1
          statuses.set(sent.status, (statuses.get(sent.status) ?? 0) + 1)
          const isFault = sent.status >= 500 || (sent.status < 300 && !isOpen)
          if (isFault) faults.push(`${column}: ${one.method} ${path} ${JSON.stringify(body)}: ${sent.text}`)
          if (sent.status < 300 && one.method !== 'GET') await restore()
        }
      }
    }
    expect(faults.slice(0, 5)).toEqual([])
  },
)
