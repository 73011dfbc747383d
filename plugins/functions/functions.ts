import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { isObject } from '../../project/merge.ts'
import { functionName } from '../../project/names.ts'
import { IS_PACKAGE, ROOT } from '../../project/origin.ts'
import { DESCRIPTION } from '../../project/project.ts'
import { FAULT_OF_AUTH, RENAME } from '../clashes.ts'
import { asRule, faultsOfAuthEvents, withFailedEvents } from '../events/auth-events.ts'
import type { AuthMembers, CompiledResource, Hooks, Serverless, WrittenFunction } from '../framework.d.ts'
import { originsWithActs } from '../parameters/act-origins.ts'
import { logicalName, withCommon, withOrigins } from '../project/functions.ts'
import { isServiceFunction, setOwnership } from '../project/ownership.ts'
import { reject, rejectAny } from '../reject.ts'
import { faultsOfActs, settingsOfActs } from '../routes/acts.ts'
import { faultsOfAuthorizers } from '../routes/authorizers.ts'
import { faultsOfDeployed, faultsOfTemplate, functionsNow } from '../routes/deployed.ts'
import { faultsOfRole, rolesOf } from '../routes/guards.ts'
import { addHttpAuthorizer } from '../routes/http-authorizer.ts'
import { ownRoutes } from '../routes/own-routes.ts'
import { eventsOf, hasAuth, withAuthorizer } from '../routes/routes.ts'
import { withRoutes } from '../routes/row-events.ts'
import { faultsOfScopes, keepScopeFile, scopesIn } from '../routes/scopes.ts'
import { authorizerSettings, routeSettingsOf } from '../routes/settings.ts'
import { faultsOfSettings } from './groups.ts'

type Written = Record<string, WrittenFunction>
type Files = readonly (readonly [path: string, functions: Written])[]

/**
 * Serverless plugin: adds the functions of each `functions.yml` below `functions/` to those of `serverless.yml`, gives each its
 * routes and groups of settings, and lets `authorizer: auth` stand for the authorizer.
 *
 * It reads roles, scopes and routes once all variables are resolved, and holds them against the routes that are deployed.
 */
export default class FunctionsPlugin {
  readonly hooks: Hooks
  private readonly serverless: Serverless
  private written: Written = {}

  constructor(serverless: Serverless) {
    this.serverless = serverless
    const { service } = serverless
    const { functions: common } = parse(readFileSync(join(ROOT, 'plugins/service.yml'), 'utf8'))
    const files = Object.fromEntries(
      filesIn(ROOT).map((path) => [path, withRoutes(readFunctions(ROOT, path))]),
    )
    // The framework resolves their variables there. `functions` itself may still be a variable.
    serverless.extendConfiguration(['custom', 'auth', 'functions'], { common, files })
    const { mergeArrays } = service
    // After all variables, and before the schema, which knows no list of roles.
    service.mergeArrays = () => {
      mergeArrays.call(service)
      this.complete()
    }
    let ofProject: number | undefined
    const check = () => {
      const { Resources } = service.provider.compiledCloudFormationTemplate
      const stacks = Object.values(Resources).filter(({ Type }) => /::Stack$/.test(Type)).length
      ofProject ??= stacks
      // Another plugin has split the stack since the first check: its routes are in several templates.
      if (stacks > ofProject) return
      const known = variablesOf(Resources.AuthorizerLambdaFunction) ?? environmentOf(service)
      refuse([
        ...faultsOfDeployed(functionsNow(this.written, service.functions), known),
        ...faultsOfTemplate(this.written, Resources, known, service.custom.auth.authorizer),
      ])
    }
    this.hooks = {
      'before:offline:start:init': () =>
        refuse(faultsOfDeployed(functionsNow(this.written, service.functions), environmentOf(service))),
      // The template has what the project's resources and extensions say. Plugins that split or change it come after this.
      'aws:package:finalize:mergeCustomProviderResources': check,
      'before:aws:package:finalize:saveServiceState': check,
    }
  }

  /** Adds the functions of the service to those of the project. */
  private complete(): void {
    const { service, serviceDir, configurationInput } = this.serverless
    const { functions: brought, ...auth }: Partial<AuthMembers> = service.custom.auth
    // Another plugin may merge again. The framework refuses functions that are no object, and takes an empty one for none.
    if (brought === undefined || !isObject(service.functions)) return
    delete (service.custom.auth as Partial<AuthMembers>).functions
    const own = Object.fromEntries(Object.entries(service.functions).filter(([, one]) => isObject(one)))
    const files: Files = [[DESCRIPTION, own as Written], ...Object.entries(brought.files)]
    const { functions, faults } = functionsOf(auth, files, iamRolesIn(service.resources))
    refuse(faults)
    this.written = writtenIn(files)
    refuse(addHttpAuthorizer(this.serverless, this.written))
    if (!IS_PACKAGE) keepScopeFile(serviceDir, scopesIn(this.written))
    const keys = Object.keys(functions).filter(
      (key) => !own[key] || isServiceFunction(own[key] as WrittenFunction),
    )
    setOwnership(this.serverless, {
      brought: new Set(keys.filter((key) => !own[key])),
      functions: new Set(keys),
    })
    const named = (one: WrittenFunction, key: string) => ({
      ...one,
      name: functionName(service.custom.auth.prefix, key),
    })
    const complete = Object.entries(functions).map(([key, one]) => [
      key,
      keys.includes(key)
        ? withCommon(own[key] ? one : named(one, key), structuredClone(brought.common))
        : withOrigins(
            one,
            hasProtected(this.written[key]),
            service.provider,
            originsOf(this.written[key], auth),
          ),
    ])
    service.functions = { ...service.functions, ...Object.fromEntries(complete) }
    configurationInput.functions = service.functions as Written
  }
}

/** Returns the origins whose pages may read what a function of the project returns. */
const originsOf = (one: WrittenFunction | undefined, auth: Partial<AuthMembers>) =>
  one?.actAs === true ? originsWithActs(auth) : auth.allowedOrigins

const refuse = (faults: readonly string[]): void => rejectAny([...new Set(faults)])

/** Returns the environment of the authorizer, with the routes. */
const environmentOf = ({ functions }: Serverless['service']) => functions.authorizer?.environment ?? {}

const variablesOf = (lambda: CompiledResource | undefined): Record<string, string> | undefined =>
  Object(lambda?.Properties.Environment).Variables

/** Returns the functions of all files by their keys. */
const writtenIn = (files: Files): Written => Object.assign({}, ...files.map(([, ofFile]) => ofFile))

/** Returns the logical ids of the roles of IAM among resources. */
const iamRolesIn = (resources: Serverless['service']['resources']): string[] =>
  Object.entries<Partial<CompiledResource> | null>(resources?.Resources ?? {}).flatMap(([id, one]) =>
    one?.Type === 'AWS::IAM::Role' ? [id] : [],
  )

const hasProtected = (one: WrittenFunction | undefined) => eventsOf(one ?? {}).some(hasAuth)

/** Reads a file. Ends the process with one line if it is not YAML. */
function readFunctions(folder: string, path: string): Written {
  try {
    return parse(readFileSync(`${folder}/${path}`, 'utf8'))
  } catch (error) {
    const [first = ''] = String((error as Error).message).split('\n')
    return reject(`${path}: ${first.replace(/:$/, '')}.`)
  }
}

/** Returns the paths of the files that describe functions, which are in the folders of their handlers. */
export const filesIn = (folder: string): string[] =>
  readdirSync(join(folder, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('functions.yml'))
    .map((path) => `functions/${path}`)
    .sort()

/**
 * Returns the functions of all files as the framework reads them, and what is wrong with them, one sentence for each fault.
 *
 * @param auth - Members of `custom.auth`.
 * @param files - Each with its path. The first is that of the project.
 * @param iamRoles - Logical ids of roles of IAM.
 */
export function functionsOf(
  auth: Record<string, unknown>,
  files: Files,
  iamRoles: readonly string[] = [],
): { functions: Written; faults: string[] } {
  const faults = faultsOfKeys(files)
  const written = writtenIn(files)
  const known = ['auth', ...Object.keys(written)]
  for (const [key, definition] of files.flatMap(([, ofFile]) => Object.entries(ofFile))) {
    faults.push(...faultsOfSettings(key, definition, auth), ...faultsOfRole(key, definition, iamRoles))
    faults.push(...faultsOfScopes(key, definition), ...faultsOfAuthorizers(key, definition, known))
    faults.push(...faultsOfActs(key, definition), ...faultsOfAuthEvents(key, definition, auth.eventBus))
  }
  if (faults.length > 0) return { functions: {}, faults }
  const [[, own] = ['', {}], ...brought] = files
  const authorizer = routeSettingsOf(written, IS_PACKAGE ? writtenIn(brought) : {})
  if (authorizer.faults.length > 0) return { functions: {}, faults: authorizer.faults }
  const functions = Object.fromEntries(
    Object.entries(written).map(([key, one]) => [key, asFramework(one, auth)]),
  )
  const API_SCOPES = scopesIn(written).join(',')
  addSettings(functions, 'authorizer', authorizerSettings(authorizer.settings, auth))
  const OWN_ROUTES = ownRoutes(own, API_SCOPES)
  addSettings(functions, 'metadata', { API_SCOPES })
  addSettings(functions, 'openapi', { API_SCOPES, OWN_ROUTES })
  addSettings(functions, 'signin', { OWN_ROUTES })
  return { functions, faults }
}

/** Finds functions of two files that have one key, or that the framework would give one logical id. */
function faultsOfKeys(files: Files): string[] {
  const taken: Record<string, { key: string; path: string }> = {}
  return files.flatMap(([path, ofFile]) =>
    Object.keys(ofFile).flatMap((key) => {
      if (key === 'auth') return [FAULT_OF_AUTH]
      const other = taken[logicalName(key)]
      taken[logicalName(key)] = { key, path }
      if (other === undefined || other.path === path) return []
      if (!IS_PACKAGE) {
        return other.key === key
          ? [`Function ${key} stands in ${other.path} and in ${path}.`]
          : [`Function ${other.key} of ${other.path} gets the same logical id as ${key} of ${path}.`]
      }
      return other.key === key
        ? [`Function ${key} is one of serverless-jwt-auth. ${RENAME}.`]
        : [`Function ${other.key} gets the same logical id as ${key} of serverless-jwt-auth. ${RENAME}.`]
    }),
  )
}

/** Gives a function settings that come from all functions. */
function addSettings(functions: Written, key: string, settings: Record<string, string>): void {
  const { [key]: found } = functions
  if (found !== undefined) functions[key] = { ...found, environment: { ...found.environment, ...settings } }
}

/** Returns a function as the framework reads it. Its roles are a setting that `principalOf` reads. */
function asFramework(definition: WrittenFunction, auth: Record<string, unknown>): WrittenFunction {
  const { settings = [], scopes: _, actAs: _acts, ...rest } = withFailedEvents(definition)
  const roles = rolesOf(definition)
  if (roles) delete rest.role
  const environment = {
    ...Object.assign({}, ...settings.map((group) => structuredClone(auth[group]))),
    ...(roles && { AUTH_ROLES: roles.join(',') }),
    ...settingsOfActs(definition, auth),
    ...rest.environment,
  }
  return {
    ...rest,
    ...(Object.keys(environment).length > 0 && { environment }),
    // The framework refuses events that are no list.
    ...(Array.isArray(rest.events) && {
      events: rest.events.map((event) => asRule(withAuthorizer(event, auth.authorizer))),
    }),
  }
}
