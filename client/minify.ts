import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** The module that `GET /client.js` serves. */
const SERVED = path('client.min.js')

/** Size of the served module in bytes, compressed by gzip. */
export const CLIENT_BUDGET = 3_000

/** Returns `client.js` as one minified module. */
export function minifyClient(): string {
  const { outputFiles } = buildSync({
    entryPoints: [path('client.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return String(outputFiles[0]?.text)
}

/** Returns the module that is served. */
export const readServed = (): string => readFileSync(SERVED, 'utf8')

/** Returns the compressed size of a text, as browsers receive it. */
export const compressedBytes = (text: string): number => gzipSync(text).byteLength

if (import.meta.main) writeFileSync(SERVED, minifyClient())
