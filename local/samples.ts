import { FIRST_ROLE, isAdministrator, ROLES } from '../lib/application/roles.ts'
import type { Route } from '../lib/openapi/route.ts'
import { gatewayPathOf, ROWS } from '../lib/openapi/routes/rows.ts'
import type { ShortEvent } from './sample-events.ts'

/** What the sample events of a function need of it. */
interface SampledFunction {
  environment?: Record<string, unknown>
  events?: object[]
}

/** A route of a function, as the framework has it. */
interface HttpEvent {
  method?: unknown
  path: string
  authorizer?: unknown
}

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

/** Placeholders in the place of tokens, which no service has issued, by member. */
const PLACEHOLDERS: Record<string, string> = {
  refreshToken: 'refresh token',
  replaces: 'refresh token',
  enrolmentToken: 'proved token',
}

/** Placeholders of some paths, by member of the body or parameter of the path. */
const PLACEHOLDERS_AT: Record<string, Record<string, string>> = {
  '/password/reset': { token: 'reset token' },
  '/email/confirm': { token: 'address token' },
  '/register/confirm': { token: 'registration token' },
  '/register/passkey': { token: 'registration token' },
  '/enrolment/mail': { enrolmentToken: 'enrolment token' },
  '/enrolment/proof': { enrolmentToken: 'enrolment token', token: 'proof token' },
  '/factors/cancel-reset': { token: 'cancel token' },
  '/sessions/{id}': { id: 'session id' },
  '/act-as': { userId: 'id' },
}

/** What a browser adds on a page of the service. */
const FROM_PAGE = {
  Origin: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com',
  'Sec-Fetch-Site': 'same-origin',
}
const cookieOf = (role: string) => ({ ...FROM_PAGE, Cookie: `__Host-refresh={{${role} cookie token}}` })
const COOKIE = cookieOf(FIRST_ROLE)

/** What the console sends. */
const OPERATOR = ROLES.find(isAdministrator) ?? FIRST_ROLE
const FROM_CONSOLE = { ...cookieOf(OPERATOR), Operator: `{{${OPERATOR} id}}` }

/** Returns a sample event of a function: a request to its first route. A function without a route has none. */
export const sampleOf = (definition: SampledFunction = {}): ShortEvent | undefined =>
  routesOf(definition)
    .slice(0, 1)
    .flatMap((http) => samplesOfRoute(http, callerOf(definition)))[0]?.[1]

/**
 * Returns the sample events of a function by name: a request to each of its routes, with the first example of the row as
 * `POST /login`, and with another one as `POST /login cookie`. On a protected route the caller is the demo user of the
 * first role that may use it.
 *
 * @param definition - As the framework has it, with all variables resolved.
 */
export const samplesOf = (definition: SampledFunction = {}): Record<string, ShortEvent> =>
  Object.fromEntries(routesOf(definition).flatMap((http) => samplesOfRoute(http, callerOf(definition))))

const routesOf = ({ events = [] }: SampledFunction): HttpEvent[] =>
  events.map((event) => Object(Object(event).http)).filter(({ path }) => typeof path === 'string')

const callerOf = ({ environment }: SampledFunction): string =>
  String(environment?.AUTH_ROLES ?? '').split(',')[0] || FIRST_ROLE

function samplesOfRoute(http: HttpEvent, caller: string): [name: string, event: ShortEvent][] {
  const [method, path] = [String(http.method).toUpperCase(), `/${http.path.replace(/^\//, '')}`]
  const rows = ROWS.filter((one) => one.method === method.toLowerCase() && `/${gatewayPathOf(one)}` === path)
  const routes = rows.length > 0 ? rows : [undefined]
  return routes.flatMap((row) => samplesOfRow(row, { ...http, method, path }, caller))
}

function samplesOfRow(
  row: Route | undefined,
  { method, path, authorizer }: HttpEvent,
  caller: string,
): [name: string, event: ShortEvent][] {
  const shown = row?.path ?? path
  const route = `${method} ${shown}`
  const parameters = parametersAt(path, shown, parametersOf(shown, row))
  const examples = Object.keys(row?.body?.examples ?? {})
  return (examples.length > 0 ? examples : [undefined]).map((example, index) => {
    const headers = headersOf(row, example)
    const body = bodyOf(row, example)
    return [
      index === 0 ? route : `${route} ${example}`,
      {
        route: `${method} ${path}`,
        ...(authorizer !== undefined && { caller }),
        ...(Object.keys(headers).length > 0 && { headers }),
        ...(Object.keys(parameters).length > 0 && { parameters }),
        ...(body !== undefined && { body }),
      },
    ]
  })
}

const headersOf = (row?: Route, example?: string): Record<string, string> => ({
  ...(row?.isProtected === 'by its function' && { Authorization: `Bearer {{${FIRST_ROLE} token}}` }),
  ...(row?.response.content?.['text/html'] && { Accept: HTML }),
  ...(row?.form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
  ...(example === 'cookie' && (row?.cookie === 'sets' ? FROM_PAGE : COOKIE)),
  ...(row?.cookie === 'needs' && (row.tag === 'Admin' ? FROM_CONSOLE : COOKIE)),
})

/** Returns a value for each parameter of a path: a placeholder, the example of its row, or its name. */
function parametersOf(path: string, row?: Route): Record<string, string> {
  const described = (row?.parameters ?? []) as { name: string; example?: string }[]
  const exampleOf = (name: string) => described.find((one) => one.name === name)?.example ?? name
  const names = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name)
  return withPlaceholders(path, Object.fromEntries(names.map((name) => [name, exampleOf(name)])))
}

/** Returns the parameters at the gateway, where one may stand for segments of the path. */
function parametersAt(
  path: string,
  shown: string,
  parameters: Record<string, string>,
): Record<string, string> {
  if (path === shown) return parameters
  const asked = shown.replace(/\{(\w+)\}/g, (_, name) => parameters[name] ?? '')
  const pattern = path.replace(/\{(\w+)(\+?)\}/g, (_, name, plus) => `(?<${name}>${plus ? '.' : '[^/]'}+)`)
  return { ...asked.match(new RegExp(`^${pattern}$`))?.groups }
}

function bodyOf(row?: Route, example = ''): object | string | undefined {
  if (row?.form) return String(new URLSearchParams({ ...row.form.example }))
  const shown = row?.body?.examples[example]
  return shown && withPlaceholders(row.path, shown.value)
}

function withPlaceholders<T extends object>(path: string, values: T): T {
  const ofUser = path.startsWith('/admin-api/users/{id}') ? { id: 'id' } : {}
  const placeholders: Record<string, string> = { ...PLACEHOLDERS, ...ofUser, ...PLACEHOLDERS_AT[path] }
  const replaced = Object.entries(values).map(([name, value]) => {
    const kind = placeholders[name]
    return [name, kind === undefined ? value : `{{${FIRST_ROLE} ${kind}}}`]
  })
  return Object.fromEntries(replaced)
}
