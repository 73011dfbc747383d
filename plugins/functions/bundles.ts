import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { IS_PACKAGE, ROOT } from '../../project/origin.ts'
import { APPLICATION } from '../config/checked.ts'
import type { FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import type { OfflineOptions } from '../project/offline.d.ts'
import { ownershipOf } from '../project/ownership.ts'
import { archiveOf, modulesOf, VENDORED } from './archive.ts'

/** Folder for what the local service runs, in the folder from which it runs functions. */
export const UNPACKED = 'node_modules/.cache/serverless-jwt-auth'

/**
 * Serverless plugin, for the package: its functions are finished bundles, so no bundler of the project touches them. Each becomes a zip
 * archive with the data of the application. The local service runs the same files from a folder.
 */
export default class BundlesPlugin {
  readonly hooks: Hooks = {}
  private readonly serverless: Serverless
  private readonly options: OfflineOptions

  constructor(serverless: Serverless, options: OfflineOptions) {
    this.serverless = serverless
    this.options = options
    if (!IS_PACKAGE) return
    leaveOutOfArchives(serverless)
    const [first, second] = serverless.processedInput.commands
    const isLocal = first === 'offline' || (first === 'invoke' && second === 'local')
    this.hooks = {
      initialize: () => {
        if (isLocal) this.runUnpacked()
        else this.nameArchives()
      },
      'before:package:createDeploymentArtifacts': () => this.writeArchives(),
    }
  }

  private runUnpacked(): void {
    for (const definition of this.all()) {
      definition.handler = `${UNPACKED}/${definition.handler}`
      definition.skipEsbuild = true
    }
    // After those of all plugins: a bundler of the project says only there from which folder functions run, and empties it.
    const { hooks } = this.serverless.pluginManager
    for (const event of ['before:offline:start', 'before:offline:start:init', 'before:invoke:local:invoke']) {
      const hook = { pluginName: this.constructor.name, hook: async () => this.writeUnpacked() }
      hooks[event] = [...(hooks[event] ?? []), hook]
    }
  }

  private writeUnpacked(): void {
    const { config, service } = this.serverless
    const { location = '' } = { ...service.custom['serverless-offline'], ...this.options }
    const folder = resolve(config.servicePath, location)
    for (const definition of this.all()) {
      const handler = definition.handler.slice(UNPACKED.length + 1)
      // The functions share these modules, so they have the words of all.
      for (const [path, content] of Object.entries(filesOf(handler, modulesOf(APPLICATION)))) {
        writeIfChanged(join(folder, UNPACKED, path), content)
      }
    }
  }

  private nameArchives(): void {
    for (const definition of this.all()) {
      definition.package = { artifact: archivePathOf(definition) }
      definition.skipEsbuild = true
    }
  }

  private writeArchives(): void {
    for (const definition of this.all()) {
      writeIfChanged(
        join(this.serverless.serviceDir, archivePathOf(definition)),
        archiveOf(filesOf(definition.handler, modulesOf(APPLICATION, keyOf(definition.handler)))),
      )
    }
  }

  private all(): FunctionDefinition[] {
    const { brought } = ownershipOf(this.serverless)
    return Object.entries(this.serverless.service.functions).flatMap(([key, definition]) =>
      brought.has(key) ? [definition] : [],
    )
  }
}

/** Keeps what the local service runs out of the archives of a project without a bundler. */
function leaveOutOfArchives(serverless: Serverless): void {
  const { patterns = [] } = { ...serverless.configurationInput.package }
  if (!Array.isArray(patterns)) return
  serverless.extendConfiguration(['package', 'patterns'], [...patterns, `!${UNPACKED}/**`])
}

/** Returns the path of a function's archive, relative to the service. The framework uploads it under the name of the file. */
export const archivePathOf = ({ name }: FunctionDefinition): string => `.serverless/${name}.zip`

/** Returns the key of a function: the name of its entry file. */
const keyOf = (handler: string): string => basename(handler).replace(/\.\w+$/, '')

/** Returns the files of a function by path: its bundle, and what the bundle reads. */
function filesOf(handler: string, modules: ReturnType<typeof modulesOf>): Record<string, Uint8Array> {
  const bundle = handler.replace(/\.\w+$/, '.cjs')
  const content = readFileSync(join(ROOT, bundle))
  const reads = (name: string) => content.includes(`"${name}"`)
  const vendored = VENDORED.filter((path) => reads(path) || reads(path.split('/')[0] ?? ''))
  return {
    [bundle]: content,
    ...Object.fromEntries(
      Object.entries(modules)
        .filter(([name]) => reads(name))
        .map(([, { path, data }]) => [`node_modules/${path}`, Buffer.from(JSON.stringify(data))]),
    ),
    ...Object.fromEntries(
      vendored.map((path) => [`node_modules/${path}`, readFileSync(join(ROOT, 'vendor', path))]),
    ),
  }
}

/** Writes a file, unless it has this content: a service that runs reads the same one. Returns whether it has written. */
export function writeIfChanged(path: string, content: Uint8Array): boolean {
  if (existsSync(path) && readFileSync(path).equals(content)) return false
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, content)
  renameSync(`${path}.${process.pid}`, path)
  return true
}
