import { existsSync, readFileSync, watchFile } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The part of serverless-esbuild that is used here. */
export interface Bundler {
  bundle(): Promise<void>
  log: object
  /** The builds of the first bundling, by entry point. */
  buildCache: Record<string, { context?: { rebuild(): Promise<unknown> } }>
}

interface BuildResult {
  errors: object[]
  outputFiles: { path: string; contents: Uint8Array; text: string }[]
}
interface Build {
  initialOptions: { entryPoints: string[] }
  onResolve(
    options: { filter: RegExp },
    act: (found: { path: string; resolveDir: string; importer: string }) => { path: string } | undefined,
  ): void
  onEnd(act: (result: BuildResult) => Promise<{ errors: { text: string }[] } | undefined>): void
}

/**
 * Returns the options of esbuild for the local service.
 *
 * Source maps are inside the bundles: linked ones would stay in the build folder as separate files. esbuild
 * deletes the bundle of a build that fails, so a plugin writes the bundles, and only those of a build that
 * succeeds. A bundle without its handler is a failure too: a file that was just truncated is valid
 * TypeScript.
 *
 * @param handlers - Handlers as in `serverless.yml`, such as `functions/content/user-content.handler`.
 * @param bundlePlugins - Plugins of esbuild that the functions need.
 */
export const localBuild = (handlers: readonly string[], bundlePlugins: readonly object[]) => ({
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'silent',
  write: false,
  plugins: [
    ...bundlePlugins,
    testHosts,
    {
      name: 'write-bundles-of-successful-builds',
      setup(build: Build) {
        const [entry = ''] = build.initialOptions.entryPoints
        const module = entry.replace(/\.\w+$/, '.')
        const names = handlers.filter((one) => one.startsWith(module)).map((one) => one.slice(module.length))
        build.onEnd(async ({ errors, outputFiles }) => {
          if (errors.length > 0) return undefined
          const missing = names.filter(
            (name) => !outputFiles.some(({ text }) => exportsOf(text).includes(name)),
          )
          if (missing.length > 0) return { errors: [{ text: `${entry} does not export ${missing}` }] }
          for (const { path, contents } of outputFiles) {
            await mkdir(dirname(path), { recursive: true })
            await writeFile(path, contents)
          }
          return undefined
        })
      },
    },
  ],
})

/** Puts `local/test-hosts.ts` in the place of the network of `fetch-client`. */
const testHosts = {
  name: 'test-hosts',
  setup(build: Pick<Build, 'onResolve'>) {
    build.onResolve({ filter: /\/edge\.ts$/ }, ({ path, resolveDir, importer }) =>
      resolve(resolveDir, path) === EDGE && importer !== TEST_HOSTS ? { path: TEST_HOSTS } : undefined,
    )
  },
}

const EDGE = fileURLToPath(new URL('../lib/oauth/documents/edge.ts', import.meta.url))
const TEST_HOSTS = fileURLToPath(new URL('./test-hosts.ts', import.meta.url))

/** Returns the exports of a CommonJS bundle. esbuild lists them for Node.js: `0&&(module.exports={handler});`. */
function exportsOf(bundle: string): string[] {
  const [, list = ''] = /0\s*&&\s*\(module\.exports\s*=\s*\{([^}]*)\}\)/.exec(bundle) ?? []
  return list.split(',').map((name) => name.trim())
}

/** One of esbuild's error messages (https://esbuild.github.io/api/#build-failures). */
interface BuildMessage {
  text: string
  location: { file: string; line: number; column: number } | null
}

/**
 * How long after a change the functions are bundled. An editor may write a file in several steps, of which only the last
 * state counts. serverless-esbuild's watcher, chokidar, reports one change of a file in 50 ms and drops the others.
 */
const SETTLE_MS = 100

/**
 * Makes serverless-esbuild run one build after the other, and report a build failure once, with file and line.
 *
 * By itself it starts a build at each change. A rebuild that is requested during another one joins it in esbuild, and so
 * returns the older state of the files (https://esbuild.github.io/api/#rebuild). Here each build starts after the last
 * one has ended for all functions, so the last state of the files is always bundled.
 *
 * By itself it prints each failure once for every function that imports the broken file.
 *
 * @param print - Prints one message.
 * @param exit - Ends the process after the first build failed: the framework would print the failure again and not end.
 * @returns A function that reports a reload. Call it when new threads run the new bundles.
 */
export function reportBuilds(
  bundler: Bundler,
  print: (message: string) => void,
  exit: () => void = () => process.exit(1),
): () => void {
  const firstBuild = bundler.bundle
  let requests = 0
  let failure = ''
  let succeeded = false
  const rebuild = serialised(async () => {
    succeeded = false
    await rebuildAll(bundler)
    succeeded = true
  })
  const ignore = () => {}
  bundler.log = { ...bundler.log, verbose: ignore, error: ignore }
  bundler.bundle = async () => {
    requests += 1
    const own = requests
    try {
      if (own === 1) await firstBuild.call(bundler)
      else await sleep(SETTLE_MS).then(rebuild)
    } catch (error) {
      const message = messageOf(error)
      if (own === 1) {
        print(message)
        exit()
      } else if (own === requests && message !== failure) {
        failure = message
        print(`${message}\nThe previous version keeps running until this is fixed.`)
      }
      throw error
    }
  }
  return () => {
    // Several changes may have one build, and several builds one report.
    if (!succeeded) return
    print(failure === '' ? 'Reloaded.' : 'Fixed and reloaded.')
    failure = ''
    succeeded = false
  }
}

/**
 * Calls a function once for each change of a file. Compares the text, because an editor may write a file in several
 * steps. Reads the file's times twice a second, because an editor may replace the file.
 */
export function onChange(file: string, act: () => void): void {
  let last = readFileSync(file, 'utf8')
  watchFile(file, { interval: 500, persistent: false }, () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text === '' || text === last) return
    last = text
    act()
  })
}

/** Rebuilds all functions. Ends when all of their builds have ended, also if one fails. */
async function rebuildAll({ buildCache }: Bundler): Promise<void> {
  const builds = await Promise.allSettled(Object.values(buildCache).map(({ context }) => context?.rebuild()))
  const failed = builds.find((build) => build.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Returns a function that runs after its previous run has ended. Calls that wait at the same time share one run. */
function serialised(run: () => Promise<void>): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= last.then(() => {
      next = undefined
      return run()
    })
    last = next.catch(() => {})
    return next
  }
}

/** Returns the errors of a build as lines with file and line. */
export function messageOf(error: unknown): string {
  const { errors } = error as { errors?: BuildMessage[] }
  if (errors === undefined) return String(error)
  return errors
    .map(({ text, location }) =>
      location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text,
    )
    .join('\n')
}
