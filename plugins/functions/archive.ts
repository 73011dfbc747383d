import { zipSync } from 'fflate'

/** Module that a finished function reads the data of the application from. */
export const APPLICATION_MODULE = 'jwt-auth-app'

/** Files of other packages that finished functions read. */
export const VENDORED = ['hash-wasm/dist/argon2.umd.min.js', 'bcryptjs/index.js', 'bcryptjs/package.json']

/** Unix permissions of a file that everybody may read. */
const READABLE = 0o100644

/**
 * Returns a zip archive that depends on its contents alone: the same files make the same bytes.
 *
 * @param files - Contents by path.
 */
export function archiveOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const paths = Object.keys(files).sort()
  const entries = paths.map((path) => [path, [files[path], { attrs: READABLE << 16, os: 3 }]])
  // The first day that an archive can name. It is read in local time, and written in local time.
  return zipSync(Object.fromEntries(entries), { level: 9, mtime: '1980-01-01T00:00:00' })
}
