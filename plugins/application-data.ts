import { stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, Plugin } from 'esbuild'
import type { AuthConfig } from '../project/define-auth.ts'
import { PROJECT } from '../project/project.ts'
import type { ReadApplication } from './config/application.ts'
import { partOf, partReadBy } from './config/parts.ts'

const AUTH_CONFIG = join(PROJECT, 'auth.config.ts')

/** Reads the data of an application from what its `auth.config.ts` exports. */
type Read = (config: AuthConfig) => ReadApplication | Promise<ReadApplication>

/**
 * Makes a plugin for esbuild: a module that imports `auth.config.ts` gets JSON, `Application` of `plugins/config/application.ts`. The
 * text of the logo and the own words are in it. A file of `lib/application/` gets only the part that it reads. The configuration is
 * read again when the file has changed. A setting would need a place in each function, and Lambda's environment has 4 KB.
 */
export const applicationDataBy = (read: Read, readConfig = readAuthConfig): Plugin => ({
  name: 'application-data',
  setup({ onResolve, onLoad, initialOptions }) {
    const key = keyOf(initialOptions)
    onResolve({ filter: /[\\/]auth\.config\.ts$/ }, ({ path, importer, resolveDir }) => {
      const file = resolve(resolveDir, path)
      if (file !== AUTH_CONFIG) return undefined
      // By another suffix, the same file is another module.
      const part = partReadBy(importer)
      return { path: file, suffix: part ? `?${part}` : '', pluginData: part }
    })
    onLoad({ filter: /[\\/]auth\.config\.ts$/ }, async ({ path, pluginData: part }) => {
      if (path !== AUTH_CONFIG) return undefined
      try {
        const { application, faults } = await read(await readConfig())
        if (application === undefined) return { errors: faults.map(errorOf) }
        return { contents: JSON.stringify(partOf(application, part, key)), loader: 'json' }
      } catch (error) {
        return { errors: [{ text: String(error) }] }
      }
    })
  },
})

/** Reads the configuration of the project again when its file has changed. */
export async function readAuthConfig(): Promise<AuthConfig> {
  const { mtimeMs } = await stat(AUTH_CONFIG)
  return (await import(`${pathToFileURL(AUTH_CONFIG)}?changed=${mtimeMs}`)).default
}

/** Returns the key of the function that a build bundles: the name of its entry file. A build of several functions has none. */
function keyOf({ entryPoints }: BuildOptions): string | undefined {
  const [first, ...others] = Array.isArray(entryPoints) ? entryPoints : Object.values(entryPoints ?? {})
  if (first === undefined || others.length > 0) return undefined
  const path = typeof first === 'string' ? first : first.in
  return basename(path, extname(path))
}

/** Makes the plugin with the rules of a configuration. They are imported at the first use, because Vitest loads this module only for the files of pages. */
export const applicationDataOf = (readConfig: () => Promise<AuthConfig>): Plugin =>
  applicationDataBy(async (config) => {
    const { readApplication } = await import('./config/application.ts')
    return readApplication(config)
  }, readConfig)

/** Returns a fault as an error of esbuild, which otherwise names the file with the import. */
function errorOf(fault: string) {
  const end = fault.indexOf(': ')
  return { text: fault.slice(end + 2), location: { file: fault.slice(0, end), line: 1 } }
}
