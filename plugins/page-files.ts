import { readFile } from 'node:fs/promises'
import { type BuildFailure, build, type Plugin } from 'esbuild'
import { applicationData } from './application-data.ts'

/**
 * Returns a file as browsers get it: HTML without its indentation, and a script or style with what it
 * imports, minified. What draws QR codes stays a separate file, which a page loads when it shows one. So does
 * what refreshes the session, and what serves sign-ins by other providers.
 *
 * @throws BuildFailure of esbuild.
 */
export async function textForBrowsers(path: string): Promise<string> {
  if (path.endsWith('.html')) return (await readFile(path, 'utf8')).replaceAll(/^ +/gm, '')
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Otherwise a sentence with a dash or a dot is not found in its script.
    charset: 'utf8',
    external: ['./qr.js', './refresh.js', './federation.js'],
    write: false,
    logLevel: 'silent',
  })
  return String(outputFiles[0]?.text)
}

/** Files of pages, which functions import as text. */
export const PAGE_FILES = /[\\/]functions[\\/]pages[\\/].*\.(html|css|js)$/

/** Plugin for esbuild: a function that imports a file of a page gets the text for browsers. */
export const pageFiles: Plugin = {
  name: 'page-files',
  setup({ onLoad }) {
    onLoad({ filter: PAGE_FILES }, async ({ path }) => {
      try {
        return { contents: await textForBrowsers(path), loader: 'text' }
      } catch (error) {
        return { errors: (error as BuildFailure).errors }
      }
    })
  },
}

/** What bundles of functions need, as serverless-esbuild takes it. */
export default [pageFiles, applicationData]
