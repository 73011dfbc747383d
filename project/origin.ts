import { fileURLToPath } from 'node:url'

/** Folder of the service's own files: this repository, or the installed package. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Whether this is the built package, in another project. */
export const IS_PACKAGE = import.meta.url.endsWith('.js')
