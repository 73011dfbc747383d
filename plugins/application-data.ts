import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { PROJECT } from './project/project.ts'

/**
 * Plugin for esbuild: a function that imports `auth.config.ts` gets JSON, `Application` of `plugins/config/application.ts`. The text of
 * the logo and the own words are in it. It is read again when the file has changed.
 */
export const applicationData: Plugin = {
  name: 'application-data',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]auth\.config\.ts$/ }, async ({ path }) => {
      // Imported here, because Vitest loads this module for the files of pages alone.
      const { readApplication } = await import('./config/application.ts')
      if (path !== join(PROJECT, 'auth.config.ts')) return undefined
      try {
        const { mtimeMs } = await stat(path)
        const { default: config } = await import(`${pathToFileURL(path)}?changed=${mtimeMs}`)
        const { application, faults } = readApplication(config)
        if (application === undefined) return { errors: faults.map(errorOf) }
        return { contents: JSON.stringify(application), loader: 'json' }
      } catch (error) {
        return { errors: [{ text: String(error) }] }
      }
    })
  },
}

/** Returns a fault as an error of esbuild, which otherwise names the file with the import. */
function errorOf(fault: string) {
  const end = fault.indexOf(': ')
  return { text: fault.slice(end + 2), location: { file: fault.slice(0, end), line: 1 } }
}
