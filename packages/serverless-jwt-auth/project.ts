import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Names that the framework reads the description of a service from. */
const DESCRIPTIONS = ['yml', 'yaml', 'json', 'ts', 'js', 'cjs', 'mjs'].map((end) => `serverless.${end}`)

/** Returns the nearest folder with a service: the given one, or one above it. Without any, the given one. */
export function projectOf(folder: string): string {
  let at = folder
  while (!DESCRIPTIONS.some((name) => existsSync(join(at, name)))) {
    if (dirname(at) === at) return folder
    at = dirname(at)
  }
  return at
}
