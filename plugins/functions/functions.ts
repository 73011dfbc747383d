import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { parse } from 'yaml'
import { ATTRIBUTES } from '../../lib/application/attributes.ts'
import { ROLES } from '../../lib/application/roles.ts'
import { clientPolicyFor } from '../../lib/authorization/client-policy.ts'
import { policyFor } from '../../lib/authorization/policy.ts'
import { longestClaimed } from '../config/attributes.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Hooks, Serverless, WrittenFunction } from '../framework.d.ts'
import { IS_PACKAGE, ROOT } from '../origin.ts'
import { LONGEST_STAGE } from '../parameters/parameters.ts'
import { AUTHORIZER, functionsWritten, withCommon, withOrigins } from '../project/functions.ts'
import { isServiceFunction, setOwnership } from '../project/ownership.ts'
import { reject } from '../reject.ts'
import { faultsOfGuards, faultsOfRole, guardedRoutes, rolesOf } from './guards.ts'
import { settingsOfOwnRoutes } from './own-routes.ts'
import { hasAuth } from './routes.ts'
import { faultsOfScopes, faultsOfWildcards, keepScopeFile, scopedRoutes, scopesIn } from './scopes.ts'

/** Three quarters of what Lambda takes for the environment of a function. */
const MAX_ROUTE_CHARACTERS = 3_000

/** AWS names a quota of 8 KB for the result of an authorizer (L-20859C74), which cannot be raised. */
const MAX_RESULT_BYTES = 8_192

type Written = Record<string, WrittenFunction>

/**
 * Serverless plugin: adds the functions of each `functions.yml` below `functions/` to those of `serverless.yml`, gives each its
 * groups of settings, and lets `authorizer: auth` stand for the authorizer.
 */
export default class FunctionsPlugin {
  readonly hooks: Hooks = {}

  constructor(serverless: Serverless) {
    const { configurationInput, serviceDir } = serverless
    const written = functionsWritten(configurationInput.functions)
    const paths = filesIn(ROOT)
    const files = [
      ['serverless.yml', written] as const,
      ...paths.map((path) => [path, readFunctions(ROOT, path)] as const),
    ]
    const { functions, faults } = functionsOf(configurationInput.custom.auth, files)
    if (faults.length > 0) reject(...faults)
    const scopes = scopesIn(Object.assign({}, ...files.map(([, ofFile]) => ofFile)))
    if (!IS_PACKAGE) keepScopeFile(serviceDir, scopes)
    const keys = Object.keys(functions).filter((key) => !written[key] || isServiceFunction(written[key]))
    setOwnership(serverless, {
      brought: new Set(keys.filter((key) => !written[key])),
      functions: new Set(keys),
    })
    const { functions: common } = parse(readFileSync(join(ROOT, 'plugins/service.yml'), 'utf8'))
    const given = { ...configurationInput.provider.environment }
    // The framework takes a list of objects too, and keys of a list cannot be extended.
    if (Array.isArray(configurationInput.functions)) serverless.extendConfiguration(['functions'], written)
    for (const [key, definition] of Object.entries(functions)) {
      const all = keys.includes(key) ? withCommon(definition, common) : withOrigins(definition, given)
      if (!isDeepStrictEqual(all, written[key])) serverless.extendConfiguration(['functions', key], all)
    }
  }
}

/** Reads a file. Ends the process with one line if it is not YAML. */
function readFunctions(folder: string, path: string): Written {
  try {
    return parse(readFileSync(`${folder}/${path}`, 'utf8'))
  } catch (error) {
    const [first = ''] = String((error as Error).message).split('\n')
    return reject(`${path}: ${first.replace(/:$/, '')}.`)
  }
}

/** Returns the paths of the files that describe functions, beside their handlers. */
export const filesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('functions.yml'))
    .map((path) => `functions/${path}`)
    .sort()

/**
 * Returns the functions of all files as the framework reads them, and what is wrong with them, one sentence for each fault.
 *
 * @param auth - Members of `custom.auth`. Their variables are not resolved yet.
 * @param files - Each with its path.
 */
export function functionsOf(
  auth: Record<string, unknown>,
  files: readonly (readonly [path: string, functions: Written])[],
): { functions: Written; faults: string[] } {
  const written: Written = {}
  const paths: Record<string, string> = {}
  const faults: string[] = []
  for (const [path, ofFile] of files) {
    for (const [key, definition] of Object.entries(ofFile)) {
      const other = paths[key]
      if (other !== undefined) {
        faults.push(
          IS_PACKAGE
            ? `Function ${key} is one of serverless-jwt-auth. Give yours another name.`
            : `Function ${key} stands in ${other} and in ${path}.`,
        )
      }
      if (key === 'auth') faults.push('No function may have the name auth, because authorizer: auth has it.')
      faults.push(...faultsOfSettings(key, definition, auth), ...faultsOfRole(key, definition))
      faults.push(...faultsOfScopes(key, definition))
      faults.push(...faultsOfAuthorizers(key, definition.events ?? [], files))
      paths[key] = path
      written[key] = definition
    }
  }
  if (faults.length > 0) return { functions: {}, faults }
  const routes = {
    GUARDED_ROUTES: guardedRoutes(written) || 'none',
    SCOPED_ROUTES: scopedRoutes(written) || 'none',
  }
  const { length } = Object.values(routes).join('')
  faults.push(...faultsOfWildcards(written), ...faultsOfResults(routes, scopesIn(written)))
  if (IS_PACKAGE) faults.push(...faultsOfGuards(written))
  if (length > MAX_ROUTE_CHARACTERS) {
    faults.push(
      `The routes with roles and scopes take ${length} characters of the authorizer's environment. Lambda takes 4 KB for all of it.`,
    )
  }
  if (faults.length > 0) return { functions: {}, faults }
  const functions = Object.fromEntries(
    Object.entries(written).map(([key, one]) => [key, asFramework(one, auth)]),
  )
  const API_SCOPES = scopesIn(written).join(',')
  addSettings(functions, 'authorizer', routes)
  const own = files.find(([path]) => path === 'serverless.yml')?.[1] ?? {}
  const { CONTENT, OWN_ROUTES } = settingsOfOwnRoutes(own, API_SCOPES)
  addSettings(functions, 'metadata', { API_SCOPES })
  addSettings(functions, 'openapi', { API_SCOPES, CONTENT, OWN_ROUTES })
  addSettings(functions, 'signin', { CONTENT })
  return { functions, faults }
}

/** The ARN of a method, as long as it can be. */
const LONGEST_ARN = `arn:aws-us-gov:execute-api:us-gov-west-1:${'0'.repeat(12)}:${'a'.repeat(10)}/${'a'.repeat(LONGEST_STAGE)}/GET/`

/** Finds results of the authorizer that API Gateway may not take. Each is of a caller whose names are as long as they can be. */
function faultsOfResults(
  { GUARDED_ROUTES, SCOPED_ROUTES }: Record<'GUARDED_ROUTES' | 'SCOPED_ROUTES', string>,
  scopes: readonly string[],
): string[] {
  const ids = { userId: 'a'.repeat(22), sessionId: 'a'.repeat(22), expiresAt: 9_999_999_999 }
  const fault = (who: string, what: string, result: APIGatewayAuthorizerResult) => {
    const bytes = Buffer.byteLength(JSON.stringify(result))
    return bytes <= MAX_RESULT_BYTES
      ? []
      : [
          `The authorizer's result for ${who} may take ${bytes} bytes, and API Gateway takes ${MAX_RESULT_BYTES}. Name ${what} at fewer routes, or join routes by a parameter, such as notes/{id}.`,
        ]
  }
  const attributes = longestClaimed(ATTRIBUTES)
  const user = { ...ids, username: 'a'.repeat(254), generation: 9_999_999_999, authTime: ids.expiresAt }
  // The id of a client may be a URL of 512 characters. A client asks for 1,024 characters of scopes.
  const client = {
    ...ids,
    clientId: 'a'.repeat(512),
    scopes: scopes.join(' ').padEnd(1_024, ' a').split(' '),
  }
  return [
    ...ROLES.flatMap((role) =>
      fault(
        `the role ${role}`,
        'roles',
        policyFor({ ...user, role, acr: 'aal2', attributes }, LONGEST_ARN, GUARDED_ROUTES),
      ),
    ),
    ...(SCOPED_ROUTES === 'none'
      ? []
      : fault('a client with all scopes', 'scopes', clientPolicyFor(client, LONGEST_ARN, SCOPED_ROUTES))),
  ]
}

/** Gives a function settings that come from all functions. */
function addSettings(functions: Written, key: string, settings: Record<string, string>): void {
  const { [key]: found } = functions
  if (found !== undefined) functions[key] = { ...found, environment: { ...found.environment, ...settings } }
}

/** Returns a function as the framework reads it. Its roles are a setting that `principalOf` reads. */
function asFramework(definition: WrittenFunction, auth: Record<string, unknown>): WrittenFunction {
  const { settings = [], scopes: _, ...rest } = definition
  const roles = rolesOf(definition)
  if (roles) delete rest.role
  const environment = {
    ...variablesOf(auth, settings),
    ...(roles && { ROLES: roles.join(',') }),
    ...rest.environment,
  }
  return {
    ...rest,
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(rest.events && { events: rest.events.map(withAuthorizer) }),
  }
}

function faultsOfSettings(
  key: string,
  { settings = [] }: WrittenFunction,
  auth: Record<string, unknown>,
): string[] {
  if (!Array.isArray(settings)) return [`The settings of function ${key} must be a list.`]
  const groups = Object.keys(auth).filter((one) => isGroup(auth[one]))
  return settings
    .filter((name) => !groups.includes(name))
    .map((name) => `Function ${key} has no settings "${name}".${didYouMean(name, groups)}`)
}

/** Finds authorizers that are mistyped: neither `auth` nor a function, an ARN, a variable or IAM. */
function faultsOfAuthorizers(
  key: string,
  events: readonly { http?: unknown }[],
  files: Parameters<typeof functionsOf>[1],
): string[] {
  const known = ['auth', ...files.flatMap(([, written]) => Object.keys(written))]
  return events
    .map(({ http }) => Object(http).authorizer)
    .filter((one) => typeof one === 'string' && !known.includes(one) && !/^(arn:|\$\{|aws_iam$)/i.test(one))
    .map((one) => `Function ${key} has an unknown authorizer "${one}".${didYouMean(one, known)}`)
}

/** Whether a member of `custom.auth` is a group of settings: all its names are in capitals. */
const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.keys(value).every((name) => /^[A-Z_]+$/.test(name))

/** Returns a variable of the framework for each setting. It resolves them later. */
const variablesOf = (auth: Record<string, unknown>, groups: readonly string[]) =>
  Object.fromEntries(
    groups.flatMap((group) =>
      Object.keys(Object(auth[group])).map((name) => [name, `\${self:custom.auth.${group}.${name}}`]),
    ),
  )

const withAuthorizer = (event: { http?: unknown }) =>
  hasAuth(event) ? { ...event, http: { ...Object(event.http), authorizer: AUTHORIZER } } : event
