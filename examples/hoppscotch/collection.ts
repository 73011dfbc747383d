import { readFileSync, writeFileSync } from 'node:fs'
import type { Route } from '../../lib/openapi/route.ts'
import { CONTENT_ROUTES } from '../../lib/openapi/routes/content.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import type { Step } from './outcomes.ts'
import { testScript } from './script.ts'
import { ACCOUNT_STEPS } from './steps/account.ts'
import { COOKIE_STEPS } from './steps/cookie.ts'
import { FACTOR_STEPS } from './steps/factors.ts'
import { STRANGER_STEPS } from './steps/strangers.ts'

const FILE = new URL('jwt-demo.json', import.meta.url)
const ROWS = [...ROUTES, ...CONTENT_ROUTES]

/** Rows without a request, and why. The pages are for browsers. */
const LEFT_OUT: Record<string, string> = {
  'POST /oauth2/approve': 'takes the query of a page',
  'POST /oauth2/signout': 'takes the query of a page',
  'POST /login/provider/options': 'leads a browser to a provider',
  'POST /login/provider': 'takes the response of a provider',
  'POST /register/provider': 'needs the response of a provider',
  'GET /identities': 'is of use after the response of a provider',
  'POST /identities': 'needs the response of a provider',
  'DELETE /identities/{id}': 'needs the response of a provider',
  'GET /.well-known/oauth-protected-resource': 'exists if a function names scopes',
}

/** The requests of the collection, in their order. */
export const STEPS: Step[] = [...ACCOUNT_STEPS, ...COOKIE_STEPS, ...FACTOR_STEPS, ...STRANGER_STEPS]

/** Members of examples that the environment has. Those of a demo user are in the place of that user only. */
const VARIABLES = { refreshToken: '<<refreshToken>>', loginToken: '<<loginToken>>' }
const OF_DEMO_USER = { username: '<<username>>', password: '<<password>>', currentPassword: '<<password>>' }

const totpScript = readFileSync(new URL('totp-code.js', import.meta.url), 'utf8')
const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`

/** Returns the row of a step. */
export function rowOf({ row }: Step): Route {
  const found = ROWS.find((one) => nameOf(one) === row)
  if (found === undefined) throw new TypeError(`the collection has a request for ${row}, which has no row`)
  return found
}

/** Each row has a step, or is left out. Rows of your own content may have a step. */
function checkNames(rows: readonly string[]): void {
  const withStep = new Set(STEPS.map(({ row }) => row))
  const optional = [...CONTENT_ROUTES.map(nameOf), ...Object.keys(LEFT_OUT)]
  const missing = rows.filter((name) => !withStep.has(name) && !optional.includes(name))
  if (missing.length > 0) {
    throw new TypeError(`the collection has no request for ${missing.join(', ')}: add a step in steps/`)
  }
  const needless = Object.keys(LEFT_OUT).filter((name) => withStep.has(name) || !rows.includes(name))
  if (needless.length > 0) {
    throw new TypeError(`the collection leaves out ${needless.join(', ')}, which has a step or no row`)
  }
}

/** Returns the collection: a request for each step. */
function makeCollection(rows: readonly Route[]): object {
  checkNames(rows.map(nameOf))
  return {
    v: 12,
    name: 'JWT demo',
    description:
      'Choose the environment `JWT demo (local)` and send `Login` first: it stores the tokens as `authToken` and `refreshToken` for the other requests.\n\n`role` is the role that the tests expect for `username`: `user`, `admin`, or empty if the login must fail.',
    auth: { authType: 'bearer', authActive: true, token: '<<authToken>>' },
    headers: [],
    variables: [],
    preRequestScript: '',
    testScript: '',
    folders: [],
    requests: STEPS.map((step) => requestOf(step, rowOf(step))),
  }
}

function requestOf(step: Step, row: Route): object {
  const isProtected = row.isProtected || CONTENT_ROUTES.includes(row)
  const description = [row.description, step.description].filter(Boolean).join('\n\n')
  const body = bodyOf(step, row)
  return {
    v: '17',
    name: step.name,
    method: row.method.toUpperCase(),
    endpoint: `<<baseUrl>>${pathOf(step, row)}`,
    params: [],
    headers: Object.entries(step.headers ?? {}).map(([key, value]) => ({
      key,
      value,
      active: true,
      description: '',
    })),
    requestVariables: [],
    auth: { authType: isProtected ? 'inherit' : 'none', authActive: true },
    body,
    preRequestScript: body.body?.includes('<<totpCode>>') ? totpScript : '',
    testScript: testScript(step, row),
    responses: {},
    description: description || null,
  }
}

function pathOf({ parameters = {} }: Step, row: Route): string {
  const described = (row.parameters ?? []) as { name: string; example?: string }[]
  return row.path.replace(
    /\{(\w+)\}/g,
    (_, name) => parameters[name] ?? described.find((one) => one.name === name)?.example ?? name,
  )
}

function bodyOf(step: Step, row: Route): { contentType: string | null; body: string | null } {
  if (row.form) {
    const pairs = Object.entries(step.body ?? row.form.example).map(([name, value]) => `${name}: ${value}`)
    return { contentType: 'application/x-www-form-urlencoded', body: pairs.join('\n') }
  }
  if (!row.body) return { contentType: null, body: null }
  const { examples } = row.body
  const example = step.example === undefined ? Object.values(examples)[0] : examples[step.example]
  if (example === undefined) throw new TypeError(`${step.row} has no example ${step.example}`)
  const variables = { ...VARIABLES, ...(example.isDemo && OF_DEMO_USER) }
  const members = Object.keys(example.value).map((name) => [name, Object(variables)[name]])
  const own = Object.fromEntries(members.filter(([, value]) => value !== undefined))
  return {
    contentType: 'application/json',
    body: JSON.stringify({ ...example.value, ...own, ...step.body }, null, 2),
  }
}

/**
 * Returns the collection as it is written.
 *
 * @throws {@link TypeError} if a row has no step and is not left out, or if what is left out has a step or no row.
 */
export const collectionText = (rows = ROWS): string => `${JSON.stringify(makeCollection(rows), null, 2)}\n`

if (import.meta.main) writeFileSync(FILE, collectionText())
