import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { parse } from 'yaml'
import { sayStarting } from '../local/starting.ts'
import { merged } from '../project/merge.ts'
import { namesOf } from '../project/names.ts'
import { IS_PACKAGE, ROOT } from '../project/origin.ts'
import { DESCRIPTION } from '../project/project.ts'
import { faultsOfMembers } from './clashes.ts'
import { CONFIGURED } from './config/checked.ts'
import DeploymentPlugin from './deployment.ts'
import BusPlugin from './events/bus.ts'
import type { Hooks, Parameters, Serverless } from './framework.d.ts'
import BundlesPlugin from './functions/bundles.ts'
import FunctionsPlugin from './functions/functions.ts'
import LogsPlugin from './functions/logs.ts'
import PermissionsPlugin from './functions/permissions.ts'
import PropertiesPlugin from './functions/properties.ts'
import RolesPlugin from './functions/roles.ts'
import SwitchesPlugin from './functions/switches.ts'
import GatewayPlugin from './gateway/gateway.ts'
import GuestPlugin from './guest.ts'
import LocalPlugin from './local.ts'
import ObservabilityPlugin from './observability.ts'
import { separateCleared } from './parameters/lasting.ts'
import { hideFromOthers } from './project/others.ts'
import { setOwnership } from './project/ownership.ts'
import { ownParameters } from './project/parameters.ts'
import { rejectAny } from './reject.ts'
import RightsPlugin from './rights/rights.ts'

const require = createRequire(import.meta.url)

/**
 * In this order: functions are added, switched off, held against those of the project, permitted, and given their roles. Those before the
 * bundles find each handler as it is written.
 */
const PARTS = [
  FunctionsPlugin,
  PropertiesPlugin,
  SwitchesPlugin,
  GuestPlugin,
  // It takes resources out before the part above reads them.
  BusPlugin,
  PermissionsPlugin,
  LogsPlugin,
  RolesPlugin,
  DeploymentPlugin,
  GatewayPlugin,
  ObservabilityPlugin,
  RightsPlugin,
  BundlesPlugin,
  LocalPlugin,
]

/**
 * Serverless plugin: adds sign-in to a service. `serverless.yml` keeps what it says itself: its functions,
 * resources, parameters and settings stay the same. None of them reaches the functions that are added.
 */
export default class AuthPlugin {
  readonly hooks: Hooks = {}
  private readonly serverless: Serverless
  private readonly own: ReadonlySet<object>

  constructor(serverless: Serverless) {
    const { commands, isHelpRequest } = serverless.processedInput
    if (commands[0] === 'offline' && !isHelpRequest) sayStarting()
    addService(serverless)
    addOffline(serverless)
    this.own = new Set([this, ...PARTS.map((Part) => serverless.pluginManager.addPlugin(Part))])
    this.serverless = serverless
  }

  /** All plugins have been constructed, and some have added resources to those of the project. */
  async asyncInit(): Promise<void> {
    addResources(this.serverless)
    hideFromOthers(this.serverless, this.own)
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
  const { provider, custom, source } = readService()
  const faults = faultsOfMembers(given.custom?.auth, custom.auth)
  if (given.custom?.offline?.customAuthenticationProvider !== undefined) {
    faults.push(
      `custom.offline.customAuthenticationProvider of ${DESCRIPTION} must be left to serverless-jwt-auth.`,
    )
  }
  rejectAny(faults)
  const { names, notices } = ownParameters(serverless)
  setOwnership(serverless, { parameters: names })
  if (!processedInput.isHelpRequest) for (const line of notices) console.error(line)
  // The framework knows the stage of the command line later.
  if (processedInput.options.stage) {
    serverless.extendConfiguration(['provider', 'stage'], processedInput.options.stage)
  }
  const { others, cleared } = separateCleared(processedInput.options.param ?? [])
  if (processedInput.options.param) processedInput.options.param = others
  const params: Record<string, Parameters> = read('parameters/parameters.yml')
  const forAllStages = { ...CONFIGURED.default, ...given.params?.default }
  const stages = Object.keys({ ...params, ...CONFIGURED, ...given.params })
  const written = Object.fromEntries(
    stages.map((stage) => [stage, { ...CONFIGURED[stage], ...given.params?.[stage] }]),
  )
  setOwnership(serverless, { written, cleared })
  for (const stage of stages) {
    const left = stage === 'default' ? params.default : without({ ...params[stage] }, forAllStages)
    serverless.extendConfiguration(['params', stage], { ...left, ...written[stage], ...cleared })
  }
  const members: object[] = [{ provider, custom }, ...(IS_PACKAGE ? [] : [source])]
  for (const [member, values] of members.flatMap((one) => Object.entries(one))) {
    for (const [name, value] of Object.entries(values)) {
      const written = Object(given[member as 'custom'])[name]
      serverless.extendConfiguration([member, name], merged(value, written))
    }
  }
}

/** Returns what `service.yml` brings, with the names that all begin with its prefix. */
function readService(): Brought {
  const { provider, custom, source }: Brought = read('service.yml')
  const names = namesOf(`\${self:custom.auth.prefix}`)
  return { provider, custom: { ...custom, auth: { ...custom.auth, ...names } }, source }
}

interface Brought {
  provider: object
  custom: { auth: object }
  source: { provider: object; package: object; custom: object }
}

/** Adds the resources before those of the project, whose values come before the plugin's. */
function addResources(serverless: Serverless): void {
  const names = readdirSync(join(ROOT, 'plugins/resources')).sort()
  const folder = `./${relative(serverless.serviceDir, join(ROOT, 'plugins/resources'))}`
  serverless.extendConfiguration(
    ['resources'],
    [
      ...names.map((name) => `\${file(${folder}/${name})}`),
      ...[serverless.configurationInput.resources ?? []].flat(),
    ],
  )
}

function read(file: string) {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}

/** Returns values that `serverless.yml` does not set for all stages. */
const without = (values: Parameters, own: Parameters): Parameters =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !(name in own)))
