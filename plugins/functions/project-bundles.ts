import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type BuildOptions, type BuildResult, build, context, type Plugin } from 'esbuild'
import { messageOf } from '../../local/reload.ts'
import type { FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { ownershipOf } from '../project/ownership.ts'
import { reject } from '../reject.ts'
import { archiveOf } from './archive.ts'
import { archivePathOf, UNPACKED, writeIfChanged } from './bundles.ts'

/** Folder for the project's functions, next to the package's own. */
const FOLDER = `${UNPACKED}/project`

const ENDINGS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.tsx']

type Definition = FunctionDefinition & { image?: unknown; runtime?: string }

/**
 * Serverless plugin `serverless-jwt-auth/esbuild`: bundles the project's own functions for Node.js. It is for projects without another
 * bundler. `custom.esbuild` may have options of esbuild (decision 156).
 */
export default class ProjectBundlesPlugin {
  readonly hooks: Hooks
  private readonly serverless: Serverless
  private isReady = false

  constructor(serverless: Serverless) {
    this.serverless = serverless
    const [first, second] = serverless.processedInput.commands
    const isLocal = first === 'offline' || (first === 'invoke' && second === 'local')
    const start = () => this.watch()
    const pack = () => this.writeArchives()
    this.hooks = {
      initialize: () => {
        if (!isLocal) return
        for (const one of this.all()) one.handler = `${FOLDER}/${one.handler}`
      },
      'before:offline:start': start,
      'before:offline:start:init': start,
      'before:invoke:local:invoke': async () => {
        this.unpack(await this.build(FOLDER))
      },
      'before:package:createDeploymentArtifacts': pack,
      'before:deploy:function:packageFunction': pack,
    }
  }

  /** Runs the functions, and bundles them again after a change of their files. */
  private async watch(): Promise<void> {
    if (this.isReady) return
    this.isReady = true
    this.unpack(await this.build(FOLDER))
    const reload = async (result: BuildResult) => {
      if (result.errors.length > 0) {
        return console.log(`${messageOf(result)}\nThe previous version keeps running until this is fixed.`)
      }
      if (!this.unpack(result)) return
      await this.serverless.pluginManager.spawn('offline:functionsUpdated')
      console.log('Reloaded.')
    }
    const plugins = [
      ...(this.options(FOLDER).plugins ?? []),
      { name: 'reload', setup: ({ onEnd }: { onEnd(act: typeof reload): void }) => onEnd(reload) },
    ]
    await (await context({ ...this.options(FOLDER), plugins })).watch()
  }

  private async writeArchives(): Promise<void> {
    const { outputFiles = [] } = await this.build('')
    for (const one of this.all()) {
      const path = bundleOf(one.handler)
      const output = outputFiles.find((file) => relative(this.serverless.serviceDir, file.path) === path)
      one.package = { artifact: archivePathOf(one) }
      writeIfChanged(
        join(this.serverless.serviceDir, archivePathOf(one)),
        archiveOf({ [path]: output?.contents ?? new Uint8Array() }),
      )
    }
  }

  private build(folder: string): Promise<BuildResult> {
    return build(this.options(folder)).catch((error) => reject(messageOf(error)))
  }

  /** Writes bundles, and returns whether any has changed. */
  private unpack({ outputFiles = [] }: BuildResult): boolean {
    return outputFiles.map(({ path, contents }) => writeIfChanged(path, contents)).includes(true)
  }

  /** Returns the options for all functions of the project, each in a separate bundle. */
  private options(folder: string): BuildOptions & { write: false } {
    const { serviceDir, service } = this.serverless
    const { custom, provider } = service
    const { plugins = [], ...chosen }: BuildOptions = custom.esbuild ?? {}
    const entryPoints = this.all().map(({ handler }) =>
      sourceOf(serviceDir, folder === '' ? handler : handler.slice(folder.length + 1)),
    )
    return {
      bundle: true,
      minify: folder === '',
      sourcemap: folder === '' ? false : 'inline',
      format: 'cjs',
      platform: 'node',
      target: String(provider.runtime).replace(/^nodejs(\d+).*/, 'node$1'),
      // Lambda has the clients of AWS.
      external: ['@aws-sdk/*'],
      logLevel: 'silent',
      ...chosen,
      plugins: [...plugins, emptyHandlers],
      metafile: true,
      entryPoints: [...new Set(entryPoints)],
      absWorkingDir: serviceDir,
      outbase: serviceDir,
      outdir: join(serviceDir, folder),
      // In each kind of project, and on Lambda, this is a module of CommonJS.
      outExtension: { '.js': '.cjs' },
      write: false,
    }
  }

  private all(): Definition[] {
    const { service } = this.serverless
    const { brought } = ownershipOf(this.serverless)
    return Object.entries(service.functions as Record<string, Definition>).flatMap(([key, one]) => {
      const isNode = /^nodejs/.test(one.runtime ?? service.provider.runtime ?? 'nodejs')
      return isNode && one.image === undefined && !brought.has(key) ? [one] : []
    })
  }
}

/**
 * Makes a build fail whose handler file is empty. An editor truncates a file before it writes it, and the empty file is
 * valid TypeScript.
 */
const emptyHandlers: Plugin = {
  name: 'empty-handlers',
  setup: ({ onEnd }) =>
    onEnd(({ metafile: { inputs, outputs } = { inputs: {}, outputs: {} } }) => ({
      errors: Object.values(outputs)
        .filter(({ entryPoint = '' }) => inputs[entryPoint]?.bytes === 0)
        .map(({ entryPoint }) => ({ text: `${entryPoint} is empty.` })),
    })),
}

const bundleOf = (handler: string) => handler.replace(/\.\w+$/, '.cjs')

/** Returns the file of a handler, such as `functions/notes.ts` of `functions/notes.handler`. */
function sourceOf(folder: string, handler: string): string {
  const module = handler.replace(/\.\w+$/, '')
  return `${module}${ENDINGS.find((ending) => existsSync(join(folder, module + ending))) ?? '.ts'}`
}
