import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type BuildFailure, build, type Plugin } from 'esbuild'
import { applicationData } from './application-data.ts'

/** Parts of pages for sign-ins by other providers. */
const PARTS_OF_FEDERATION =
  / *<!-- if (?:federation|newIdentities|identityMails|identitiesWithoutMails) -->\n?.*? *<!-- end -->\n?/gs

/**
 * Returns a file as browsers get it: HTML without its indentation, and a script or style with what it
 * imports, minified. What draws QR codes stays a separate file, which a page loads when it shows one. So does
 * what refreshes the session, and what serves sign-ins by other providers.
 *
 * @param hasFederation - Whether users sign in by other providers. Otherwise neither HTML nor scripts have anything of it: it is the
 *   value of `HAS_FEDERATION` in scripts, so esbuild leaves out what depends on it.
 * @throws BuildFailure of esbuild.
 */
export async function textForBrowsers(path: string, hasFederation = false): Promise<string> {
  if (path.endsWith('.html')) {
    const html = await readFile(path, 'utf8')
    return (hasFederation ? html : html.replaceAll(PARTS_OF_FEDERATION, '')).replaceAll(/^ +/gm, '')
  }
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Otherwise a sentence with a dash or a dot is not found in its script.
    charset: 'utf8',
    external: ['./qr.js', './refresh.js', './federation.js'],
    define: { HAS_FEDERATION: String(hasFederation) },
    write: false,
    logLevel: 'silent',
  })
  return String(outputFiles[0]?.text)
}

/** Files of pages, which functions import as text. */
export const PAGE_FILES = /[\\/]functions[\\/]pages[\\/].*\.(html|css|js)$/

/** Whether a file of a function imports files of pages for sign-ins by other providers. Folders above the project may have any names. */
export const isFederated = (importer: string): boolean =>
  /[\\/]functions[\\/]pages[\\/](?:federation|console)[\\/][^\\/]+$/.test(importer)

/** Marks such a file, because the same file without it is another text. */
export const FEDERATED = '?federation'

/** Plugin for esbuild: a function that imports a file of a page gets the text for browsers. */
export const pageFiles: Plugin = {
  name: 'page-files',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.(html|css|js)$/ }, ({ path, importer, resolveDir }) => {
      const file = resolve(resolveDir, path)
      return isFederated(importer) && PAGE_FILES.test(file) ? { path: file, suffix: FEDERATED } : undefined
    })
    onLoad({ filter: PAGE_FILES }, async ({ path, suffix }) => {
      try {
        return { contents: await textForBrowsers(path, suffix === FEDERATED), loader: 'text' }
      } catch (error) {
        return { errors: (error as BuildFailure).errors }
      }
    })
  },
}

/** What bundles of functions need, as serverless-esbuild takes it. */
export default [pageFiles, applicationData]
