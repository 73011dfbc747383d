import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ServiceDescription } from '../support/process/service-description.ts'

/** The outcome of one invocation, in another process. */
export interface BundleOutcome {
  returned?: never
  threw?: string
  /** Names of Node.js's own modules that were loaded. */
  loaded: string[]
  /** What the function logged with `console.error`. */
  errors: string
}

/** Runs a bundle as Lambda does: in its own process, with the function's environment and nothing else. */
const RUN = `
  const [bundle, event] = process.argv.slice(1)
  const context = { getRemainingTimeInMillis: () => 5000, awsRequestId: crypto.randomUUID() }
  const outcome = require(bundle).handler(JSON.parse(event), context)
    .then((returned) => ({ returned }), ({ message }) => ({ threw: message }))
  outcome.then((outcome) => console.log(JSON.stringify({ ...outcome, loaded: process.moduleLoadList })))`

/** Returns the path of a function's bundle in its package. */
export const bundleOf = ({ functions }: ServiceDescription, functionKey: string): string =>
  String(functions[functionKey]?.handler).replace(/\.handler$/, '.cjs')

/** Writes the files of a package to a folder, as Lambda does. */
export function unpack(files: Iterable<[string, Buffer]>, folder: string): void {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

/**
 * Invokes a bundle with an event.
 *
 * @param options - Options of Node.js, `--require` for example.
 */
export async function invokeBundle(
  bundle: string,
  event: unknown,
  env: Record<string, string>,
  options: string[] = [],
): Promise<BundleOutcome> {
  const args = [...options, '-e', RUN, bundle, JSON.stringify(event)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, cwd: dirname(bundle) })
  return { ...JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), errors: stderr }
}
