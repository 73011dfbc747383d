import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import type { Resource } from '../local/aws.ts'
import ofProject from '../plugins/page-files.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A bundle as it is deployed, with the environment of its function. */
export interface Bundle {
  /** Key of the function in `serverless.yml`. */
  name: string
  path: string
  bytes: number
  environment: Record<string, string>
}

/** The part of `serverless.yml`, with all variables resolved, that running its functions takes. */
export interface Service {
  provider: { region: string; runtime: string; timeout: number }
  custom: {
    auth: {
      tableName: string
      signingKey: string
      tokens: { TOKEN_ISSUER: string; TOKEN_AUDIENCE: string }
    }
    esbuild: BuildOptions & { exclude: string[] } & Record<
        'outputFileExtension' | 'outputWorkFolder' | 'plugins' | 'watch',
        unknown
      >
  }
  resources: { Resources: Record<string, Resource> }
  functions: Record<string, { handler: string; environment?: Record<string, string> }>
}

/** Reads `serverless.yml` by the framework itself, so that every variable has its deployed value. */
export function readService(): Service {
  const sls = join(root, 'node_modules/.bin/sls')
  const text = execFileSync(process.execPath, [sls, 'print', '--format', 'json'], { cwd: root })
  return JSON.parse(text.toString('utf8'))
}

/**
 * Builds the bundles with the options that serverless-esbuild passes to esbuild.
 *
 * `sls package` builds the same bundles, but it empties `.serverless/` even if it writes to another folder. esbuild
 * fails on an option that only the plugin knows, so the two builds cannot differ unnoticed.
 *
 * @param folder - Output folder, relative to the project.
 * @param bundlePlugins - For another configuration of the application.
 */
export async function buildBundles(
  service: Service,
  folder: string,
  bundlePlugins = ofProject,
): Promise<Bundle[]> {
  const outdir = join(root, folder)
  const { outputFileExtension, outputWorkFolder, exclude, plugins, watch, ...options } =
    service.custom.esbuild
  const target = service.provider.runtime.replace(/^nodejs(\d+)\.x$/, 'node$1')
  const bundles = Object.entries(service.functions).map(async ([name, { handler, environment = {} }]) => {
    const path = join(outdir, `${name}.cjs`)
    const entry = join(root, handler.replace(/\.handler$/, '.ts'))
    await build({
      ...options,
      plugins: bundlePlugins,
      external: exclude,
      platform: 'node',
      target,
      entryPoints: [entry],
      outfile: path,
    })
    return { name, path, bytes: statSync(path).size, environment }
  })
  return await Promise.all(bundles)
}
