import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { CONFIGURED } from './config/checked.ts'
import DeploymentPlugin from './deployment.ts'
import type { Hooks, Parameters, Serverless } from './framework.d.ts'
import BundlesPlugin from './functions/bundles.ts'
import FunctionsPlugin from './functions/functions.ts'
import LogsPlugin from './functions/logs.ts'
import PermissionsPlugin from './functions/permissions.ts'
import RolesPlugin from './functions/roles.ts'
import SwitchesPlugin from './functions/switches.ts'
import GatewayPlugin from './gateway.ts'
import LocalPlugin from './local.ts'
import ObservabilityPlugin from './observability.ts'
import { ROOT } from './origin.ts'

const require = createRequire(import.meta.url)

/** In this order: functions are added, switched off, permitted, and given their roles. Those after the roles find each handler as it is written. */
const PARTS = [
  FunctionsPlugin,
  SwitchesPlugin,
  PermissionsPlugin,
  LogsPlugin,
  RolesPlugin,
  DeploymentPlugin,
  GatewayPlugin,
  ObservabilityPlugin,
  BundlesPlugin,
  LocalPlugin,
]

/**
 * Serverless plugin: adds sign-in to a service. `serverless.yml` keeps what it says itself; parameters, settings, functions and
 * resources that it does not have are added.
 */
export default class AuthPlugin {
  readonly hooks: Hooks = {}

  constructor(serverless: Serverless) {
    addService(serverless)
    addOffline(serverless)
    for (const Part of PARTS) serverless.pluginManager.addPlugin(Part)
  }
}

/** Adds what runs the service on a developer's machine, if the project does not list it. */
function addOffline({ configurationInput, pluginManager }: Serverless): void {
  const { plugins } = configurationInput
  const listed = Array.isArray(plugins) ? plugins : (plugins.modules ?? [])
  if (!listed.includes('serverless-offline')) pluginManager.addPlugin(require('serverless-offline').default)
}

function addService(serverless: Serverless): void {
  const { configurationInput: given, processedInput } = serverless
  // The framework knows the stage of the command line later.
  if (processedInput.options.stage) {
    serverless.extendConfiguration(['provider', 'stage'], processedInput.options.stage)
  }
  const params: Record<string, Parameters> = read('parameters/parameters.yml')
  const forAllStages = { ...CONFIGURED.default, ...given.params?.default }
  const stages = Object.keys({ ...params, ...CONFIGURED, ...given.params })
  for (const stage of stages) {
    const left = stage === 'default' ? params.default : without({ ...params[stage] }, forAllStages)
    const own = { ...CONFIGURED[stage], ...given.params?.[stage] }
    serverless.extendConfiguration(['params', stage], { ...left, ...own })
  }
  const service: Record<'provider' | 'package' | 'custom', object> = read('service.yml')
  for (const [member, values] of Object.entries(service)) {
    for (const [name, value] of Object.entries(values)) {
      const own = Object(given[member as keyof typeof service])[name]
      serverless.extendConfiguration([member, name], merged(value, own))
    }
  }
  const resources = readdirSync(join(ROOT, 'resources')).sort()
  const gateway = join(ROOT, `local/gateway/gateway${extname(import.meta.url)}`)
  serverless.extendConfiguration(['custom', 'offline', 'customAuthenticationProvider'], gateway)
  const folder = `./${relative(serverless.serviceDir, join(ROOT, 'resources'))}`
  serverless.extendConfiguration(
    ['resources'],
    [...resources.map((name) => `\${file(${folder}/${name})}`), ...[given.resources ?? []].flat()],
  )
}

function read(file: string) {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}

/** Returns values that `serverless.yml` does not set for all stages. */
const without = (values: Parameters, own: Parameters): Parameters =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !(name in own)))

/**
 * Returns a value of the service with what `serverless.yml` says about it. Objects are merged, lists are joined, and other values
 * replaced.
 */
function merged(value: unknown, own: unknown): unknown {
  if (own === undefined) return value
  if (Array.isArray(value) && Array.isArray(own)) return [...value, ...own]
  if (!isObject(value) || !isObject(own)) return own
  const names = Object.keys({ ...value, ...own })
  return Object.fromEntries(names.map((name) => [name, merged(value[name], own[name])]))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
