import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The part of serverless-esbuild that is used here. */
export interface Bundler {
  bundle(): Promise<void>
  log: object
}

interface BuildResult {
  errors: object[]
  outputFiles: { path: string; contents: Uint8Array }[]
}
interface Build {
  onEnd(act: (result: BuildResult) => Promise<void>): void
}

/**
 * Options of esbuild for the local service.
 *
 * Source maps are inside the bundles: linked ones would stay in the build folder as files of their own. esbuild deletes
 * the bundle of a build that fails, so a plugin writes the bundles, and only those of a build that succeeds.
 */
export const LOCAL_BUILD = {
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'silent',
  write: false,
  plugins: [
    {
      name: 'write-bundles-of-successful-builds',
      setup(build: Build) {
        build.onEnd(async ({ errors, outputFiles }) => {
          if (errors.length > 0) return
          for (const { path, contents } of outputFiles) {
            await mkdir(dirname(path), { recursive: true })
            await writeFile(path, contents)
          }
        })
      },
    },
  ],
}

/** One of esbuild's error messages (https://esbuild.github.io/api/#build-failures). */
interface BuildMessage {
  text: string
  location: { file: string; line: number; column: number } | null
}

/** An editor may write a file in several steps, of which only the last state counts. */
const SETTLE_MS = 100

/**
 * Makes serverless-esbuild report a build failure once, with file and line.
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
  const { bundle } = bundler
  let latest = 0
  let failure = ''
  let isFixed = false
  const ignore = () => {}
  bundler.log = { ...bundler.log, verbose: ignore, error: ignore }
  bundler.bundle = async () => {
    latest += 1
    const own = latest
    try {
      await bundle.call(bundler)
      isFixed = failure !== ''
      failure = ''
    } catch (error) {
      if (own === 1) {
        print(messageOf(error))
        exit()
      }
      await sleep(SETTLE_MS)
      const message = messageOf(error)
      if (own > 1 && own === latest && message !== failure) {
        failure = message
        print(`${message}\nThe previous version keeps running until this is fixed.`)
      }
      throw error
    }
  }
  return () => print(isFixed ? 'Fixed and reloaded.' : 'Reloaded.')
}

function messageOf(error: unknown): string {
  const { errors } = error as { errors?: BuildMessage[] }
  if (errors === undefined) return String(error)
  return errors
    .map(({ text, location }) =>
      location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text,
    )
    .join('\n')
}
