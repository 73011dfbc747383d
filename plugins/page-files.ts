import { readFile } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'
import { type BuildFailure, build, type Plugin } from 'esbuild'
import type { AuthConfig } from '../project/define-auth.ts'
import { applicationDataOf, readAuthConfig } from './application-data.ts'

/** Ways to sign in that not every service has. */
type Way = 'federation' | 'mailSignIn'

/** What not every service has in its pages. `languages`: it names languages, or has own words. */
export type Feature = Way | 'languages'

/** Parts of pages by the features that they need: one of these. */
const PARTS: readonly [names: readonly string[], features: readonly Feature[]][] = [
  [['federation', 'newIdentities', 'identityMails', 'identitiesWithoutMails'], ['federation']],
  [['mailSignIn'], ['mailSignIn']],
  [['otherFirst'], ['federation', 'mailSignIn']],
  [['languages'], ['languages']],
]

/** What only pages without a feature have, such as `<!-- unless mailSignIn -->`. */
const UNLESS = / *<!-- unless (\w+) -->\n?(.*?) *<!-- end -->\n?/gs

/**
 * Returns a file as browsers get it: HTML without its indentation, and a script or style with what it
 * imports, minified. What draws QR codes stays a separate file, which a page loads when it shows one. So does
 * what refreshes the session, and what serves sign-ins by other providers, and the script of the sign-in page, which the demo imports.
 *
 * @param features - What the service has. Neither HTML nor scripts have anything of others: they are the values of `HAS_FEDERATION`,
 *   `HAS_LANGUAGES` and `HAS_MAIL_SIGN_IN` in scripts, so esbuild leaves out what depends on them.
 * @throws BuildFailure of esbuild.
 */
export async function textForBrowsers(path: string, features: readonly Feature[] = []): Promise<string> {
  if (path.endsWith('.html'))
    return withFeatures(await readFile(path, 'utf8'), features).replaceAll(/^ +/gm, '')
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Otherwise a sentence with a dash or a dot is not found in its script.
    charset: 'utf8',
    plugins: features.includes('mailSignIn') ? [] : [withoutMails],
    external: ['./qr.js', './refresh.js', './federation.js', './plain.js'],
    define: {
      HAS_FEDERATION: String(features.includes('federation')),
      HAS_LANGUAGES: String(features.includes('languages')),
      HAS_MAIL_SIGN_IN: String(features.includes('mailSignIn')),
    },
    write: false,
    logLevel: 'silent',
  })
  return String(outputFiles[0]?.text)
}

/** What scripts have for sign-ins by a mail: imports of `functions/pages/mail`, statements, and lines of objects. */
const OF_MAILS = [
  /^import \{[^}]*\} from '(?:\.\.?\/)+mail\/[^']*'\n/gm,
  /^( *)if \(HAS_MAIL_SIGN_IN[^\n]*\{\n.*?^\1\}\n/gms,
  /^ *if \(HAS_MAIL_SIGN_IN[^\n]*\n/gm,
  /^ *\.\.\.\(HAS_MAIL_SIGN_IN [^\n]*\n/gm,
]

/**
 * Plugin for esbuild: removes it from a script before esbuild reads it. esbuild leaves out what depends on `HAS_MAIL_SIGN_IN`, but chooses
 * short names by all characters of the source, so the script of a service without sign-in by a mail would differ.
 */
const withoutMails: Plugin = {
  name: 'without-mails',
  setup({ onLoad }) {
    onLoad({ filter: PAGE_SCRIPTS }, async ({ path }) => ({
      contents: OF_MAILS.reduce((text, part) => text.replaceAll(part, ''), await readFile(path, 'utf8')),
    }))
  },
}

/** Removes the parts of a page that need other features than a service has. */
function withFeatures(html: string, features: readonly Feature[]): string {
  const removed = PARTS.filter(([, needed]) => !needed.some((feature) => features.includes(feature)))
  const names = removed.flatMap(([names]) => names)
  const others = new RegExp(` *<!-- if (?:${names.join('|')}) -->\\n?.*? *<!-- end -->\\n?`, 'gs')
  const without = html.replaceAll(UNLESS, (_, feature, part) => (features.includes(feature) ? '' : part))
  return names.length > 0 ? without.replaceAll(others, '') : without
}

const PAGE_SCRIPTS = /[\\/]functions[\\/]pages[\\/].*\.js$/

/** Files of pages, which functions import as text. */
export const PAGE_FILES = /[\\/]functions[\\/]pages[\\/].*\.(html|css|js)$/

/** Folders whose files import files of pages with a way. Folders above the project may have any names. */
const FOLDERS: Record<Way, RegExp> = {
  federation: /[\\/]functions[\\/]pages[\\/](?:federation(?:[\\/]mail)?|console)[\\/][^\\/]+$/,
  mailSignIn: /[\\/]functions[\\/]pages[\\/](?:federation[\\/])?mail[\\/][^\\/]+$/,
}

const WAYS = Object.keys(FOLDERS) as Way[]

/** Returns the ways of the pages that a file of a function imports. */
export const waysOf = (importer: string): Way[] => WAYS.filter((way) => FOLDERS[way].test(importer))

/** Returns a mark for such a file, because the same file with other ways is another text: `?federation&mailSignIn`. */
export const markOf = (importer: string): string => {
  const ways = waysOf(importer)
  return ways.length > 0 ? `?${ways.join('&')}` : ''
}

/** Returns the ways that a mark names. */
export const waysIn = (mark = ''): Way[] => WAYS.filter((way) => mark.slice(1).split('&').includes(way))

/**
 * Makes a plugin for esbuild: a function that imports a file of a page gets the text for browsers.
 *
 * @param hasLanguages - Whether the application names languages or has own words. It is asked for each file, so that a local service
 *   follows a change.
 */
export const pageFilesBy = (hasLanguages: () => Promise<boolean>): Plugin => ({
  name: 'page-files',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.(html|css|js)$/ }, ({ path, importer, resolveDir }) => {
      const file = resolve(resolveDir, path)
      const suffix = markOf(importer)
      return suffix !== '' && PAGE_FILES.test(file) ? { path: file, suffix } : undefined
    })
    onLoad({ filter: PAGE_FILES }, async ({ path, suffix }) => {
      try {
        const features: Feature[] = (await hasLanguages()) ? ['languages'] : []
        return { contents: await textForBrowsers(path, [...waysIn(suffix), ...features]), loader: 'text' }
      } catch (error) {
        return { errors: (error as BuildFailure).errors }
      }
    })
  },
})

/** Makes a plugin for esbuild: functions of a service that names no languages get nothing that chooses one. */
const englishOf = (readConfig: () => Promise<AuthConfig>): Plugin => ({
  name: 'english',
  setup({ onResolve }) {
    onResolve({ filter: /\/language(-links)?\.ts$/ }, async ({ path, resolveDir }) => {
      const { dir } = parse(resolve(resolveDir, path))
      const isReplaced = /[\\/]lib[\\/]http[\\/]pages$/.test(dir)
      if (!isReplaced || (await readConfig()).languages !== undefined) return undefined
      return { path: join(dir, 'english.ts') }
    })
  },
})

/** Returns what bundles of functions need, for a configuration of the application. */
export const bundlePluginsOf = (readConfig: () => Promise<AuthConfig>): Plugin[] => [
  pageFilesBy(async () => {
    const { languages, texts } = await readConfig()
    return languages !== undefined || texts !== undefined
  }),
  englishOf(readConfig),
  applicationDataOf(readConfig),
]

/** The same for that of the project, as serverless-esbuild takes it. */
export default bundlePluginsOf(readAuthConfig)
