import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { IS_PACKAGE, ROOT } from './origin.ts'

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
const CONFIGURATIONS = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `auth.config.${ending}`)

const configurationIn = (folder: string): string | undefined =>
  CONFIGURATIONS.find((name) => existsSync(join(folder, name)))

/**
 * Returns the folder of the project that the framework or a command runs in, or below. A folder with a configuration is that of the
 * project, also if the service is described by a file of another name.
 */
const folderOf = (from: string): string =>
  configurationIn(from) === undefined ? (projectOf(from)?.folder ?? from) : from

/** Folder of the project: this repository is one. */
export const PROJECT = IS_PACKAGE ? folderOf(process.cwd()) : ROOT

/** Name of the project's configuration, or of the one that it could have. */
export const CONFIGURATION = configurationIn(PROJECT) ?? 'auth.config.ts'

/** Whether {@link CONFIGURATION} exists. */
export const HAS_CONFIGURATION = configurationIn(PROJECT) !== undefined

/** Returns the name that `sls --config NAME` gives. */
function configOf(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => /^(--config|-c)(=|$)/.test(word))
  return words[at]?.split('=')[1] ?? (at === -1 ? undefined : words[at + 1])
}

/** Name of the file that describes the service, for messages. */
export const DESCRIPTION = IS_PACKAGE
  ? (configOf(process.argv) ?? projectOf(PROJECT)?.file ?? 'serverless.yml')
  : 'serverless.yml'
