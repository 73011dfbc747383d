import { zipSync } from 'fflate'
import type { Application } from '../../project/define-auth.ts'
import { PART_NAMES, type PartName, partOf } from '../config/parts.ts'

/** Package of the modules with the data of the application. */
const APPLICATION_PACKAGE = 'jwt-auth-app'

/** Returns the module that a finished function reads a part of the application from, or all of it without a name. */
export const moduleOf = (part?: PartName): string =>
  part === undefined ? APPLICATION_PACKAGE : `${APPLICATION_PACKAGE}/${part}`

/**
 * Returns what a finished function reads of an application: the path of each file, and its value, by module.
 *
 * @param key - Key of the function, which gets only the words of its sentences.
 */
export const modulesOf = (
  application: Application,
  key?: string,
): Record<string, { path: string; data: Partial<Application> }> =>
  Object.fromEntries(
    [undefined, ...PART_NAMES].map((part) => [
      moduleOf(part),
      { path: `${APPLICATION_PACKAGE}/${part ?? 'index'}.json`, data: partOf(application, part, key) },
    ]),
  )

/** Files of other packages that finished functions read. */
export const VENDORED = ['hash-wasm/dist/argon2.umd.min.js', 'bcryptjs/index.js', 'bcryptjs/package.json']

/** Unix permissions of a file that everybody may read. */
const READABLE = 0o100644

/**
 * Returns a zip archive that depends only on its contents: the same files make the same bytes.
 *
 * @param files - Contents by path.
 */
export function archiveOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const paths = Object.keys(files).sort()
  const entries = paths.map((path) => [path, [files[path], { attrs: READABLE << 16, os: 3 }]])
  // The first day that an archive can name. It is read in local time, and written in local time.
  return zipSync(Object.fromEntries(entries), { level: 9, mtime: '1980-01-01T00:00:00' })
}
