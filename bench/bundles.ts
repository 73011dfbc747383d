import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'
import type { Resource } from '../local/aws.ts'
import { FUNCTION_NAMES, type FunctionName } from './budgets.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A bundle as it would be deployed, and what its function is told. */
export interface Bundle {
  name: FunctionName
  path: string
  bytes: number
  environment: Record<string, string>
}

/** What of the service description, all variables resolved, is needed to run its functions here. */
export interface Service {
  provider: { region: string; runtime: string; timeout: number }
  custom: {
    tableName: string
    signingKey: string
    tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
    esbuild: BuildOptions & Record<'outputFileExtension' | 'outputWorkFolder' | 'exclude' | 'watch', unknown>
  }
  resources: { Resources: Record<string, Resource> }
  functions: Record<string, { handler: string; environment?: Record<string, string> }>
}

/** Reads `serverless.yml` through the framework itself, so that every variable has the value it is deployed with. */
export function readService(): Service {
  const sls = join(root, 'node_modules/.bin/sls')
  const text = execFileSync(process.execPath, [sls, 'print', '--format', 'json'], { cwd: root })
  return JSON.parse(text.toString('utf8'))
}

/**
 * Builds the bundles with the options that serverless-esbuild gives esbuild.
 *
 * `sls package` would do the same build, but it empties `.serverless/` whatever folder it is told to write to.
 * An option that only the plugin knows makes esbuild fail here, so the two cannot drift apart unnoticed.
 *
 * @param folder - Where to put them, from the service's own folder.
 */
export function buildBundles(service: Service, folder: string): Bundle[] {
  const outdir = join(root, folder)
  const { outputFileExtension, outputWorkFolder, exclude, watch, ...options } = service.custom.esbuild
  const target = service.provider.runtime.replace(/^nodejs(\d+)\.x$/, 'node$1')
  return FUNCTION_NAMES.map((name) => {
    const { handler, environment = {} } = service.functions[name] ?? {}
    if (handler === undefined) throw new Error(`bench/budgets.ts lists ${name}, and serverless.yml does not`)
    const path = join(outdir, `${name}.cjs`)
    const entry = join(root, handler.replace(/\.handler$/, '.ts'))
    buildSync({ ...options, platform: 'node', target, entryPoints: [entry], outfile: path })
    return { name, path, bytes: statSync(path).size, environment }
  })
}
