import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IS_PACKAGE, ROOT } from '../origin.ts'

/** Names of the file that describes a service, in the order of the framework. */
const DESCRIPTIONS = ['yml', 'yaml', 'json', 'js', 'mjs', 'cjs', 'ts'].map((ending) => `serverless.${ending}`)

/** Returns the nearest folder with a service, at or above another folder, and the name of the file that describes the service. */
export function projectOf(from: string): { folder: string; file: string } | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = DESCRIPTIONS.find((name) => existsSync(join(folder, name)))
    if (file !== undefined) return { folder, file }
    if (dirname(folder) === folder) return undefined
  }
}

/** Names of the file with what an application says about its sign-in. */
export const CONFIGURATIONS = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `auth.config.${ending}`)

/** Whether a folder has a configuration. Then it is that of the project, also if the service is described by a file of another name. */
const isConfigured = (folder: string): boolean =>
  CONFIGURATIONS.some((name) => existsSync(join(folder, name)))

/** Returns the folder of the project that the framework or a command runs in, or below. */
const folderOf = (from: string): string => (isConfigured(from) ? from : (projectOf(from)?.folder ?? from))

/** Folder of the project, which may have `auth.config.ts`: this repository is one. */
export const PROJECT = IS_PACKAGE ? folderOf(process.cwd()) : ROOT
