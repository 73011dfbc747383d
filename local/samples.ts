import { FIRST_ROLE } from '../lib/application/roles.ts'
import { PAGE_ROUTES } from '../lib/openapi/pages.ts'
import type { Route } from '../lib/openapi/route.ts'
import { ROUTES } from '../lib/openapi/routes.ts'
import type { ShortEvent } from './sample-events.ts'

/** What a sample event of a function needs of it. */
interface SampledFunction {
  environment?: Record<string, unknown>
  events?: object[]
}

const ROWS = [...ROUTES, ...PAGE_ROUTES]
const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

/**
 * Returns a sample event of a function: a request to its first route, with the first examples of the row. On a protected route the caller
 * is the demo user of the first role that may use it. A function without a route has no sample event.
 *
 * @param definition - As the framework has it, with all variables resolved.
 */
export function sampleOf({ environment, events = [] }: SampledFunction = {}): ShortEvent | undefined {
  const http = events.map((event) => Object(Object(event).http)).find(({ path }) => typeof path === 'string')
  if (http === undefined) return undefined
  const [method, path] = [String(http.method).toUpperCase(), `/${http.path.replace(/^\//, '')}`]
  const row = ROWS.find((one) => one.method === method.toLowerCase() && one.path === path)
  const [example] = Object.values(row?.body?.examples ?? {})
  const headers = headersOf(row)
  const parameters = parametersOf(path, row)
  const role = String(environment?.ROLES ?? '').split(',')[0]
  return {
    route: `${method} ${path}`,
    ...(http.authorizer !== undefined && { caller: role || FIRST_ROLE }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(example && { body: withTokens(example.value) }),
  }
}

const headersOf = (row?: Route): Record<string, string> => ({
  ...(row?.isProtected === 'by its function' && { Authorization: `Bearer {{${FIRST_ROLE} token}}` }),
  ...(row?.response.content?.['text/html'] && { Accept: HTML }),
})

/** Returns a value for each parameter of a path: the example of its row, or its name. */
function parametersOf(path: string, row?: Route): Record<string, string> {
  const described = (row?.parameters ?? []) as { name: string; example?: string }[]
  const exampleOf = (name: string) => described.find((one) => one.name === name)?.example ?? name
  return Object.fromEntries(
    [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => [name, exampleOf(name)]),
  )
}

/** Puts placeholders in the place of tokens of an example, which no service has issued. */
const withTokens = (body: object): object =>
  Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      const kind = { refreshToken: 'refresh token', enrolmentToken: 'enrolment token' }[name]
      return [name, kind === undefined ? value : `{{${FIRST_ROLE} ${kind}}}`]
    }),
  )
