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

/** Folder of the project, which may have `auth.config.ts`: this repository is one. The framework and the commands run in it or below it. */
export const PROJECT = IS_PACKAGE ? (projectOf(process.cwd())?.folder ?? process.cwd()) : ROOT
