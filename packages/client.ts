import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { textForBrowsers } from '../plugins/page-files.ts'

const path = (file: string) => fileURLToPath(new URL(`../client/${file}`, import.meta.url))

/** The modules of which a minified copy is served, and the largest size of each copy in bytes, compressed by gzip. */
export const MODULE_BUDGETS = {
  // What `GET /client.js` serves.
  'client.js': 4_150,
  // What `GET /passkeys.js` serves.
  'passkeys.js': 600,
}

export type Module = keyof typeof MODULE_BUDGETS
export const MODULES = Object.keys(MODULE_BUDGETS) as Module[]

const servedPath = (module: Module) => path(module.replace(/\.js$/, '.min.js'))

/** Returns a module and what it imports as one minified module. */
export const minifyModule = (module: Module): Promise<string> => textForBrowsers(path(module))

/** Returns a module as it is served. */
export const readServed = (module: Module): string => readFileSync(servedPath(module), 'utf8')

/** Returns the compressed size of a text, as browsers receive it. */
export const compressedBytes = (text: string): number => gzipSync(text).byteLength

if (import.meta.main) {
  for (const module of MODULES) writeFileSync(servedPath(module), await minifyModule(module))
}
