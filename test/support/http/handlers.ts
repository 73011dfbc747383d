import { vi } from 'vitest'
import type { LocalAws } from '../../../local/aws.ts'
import { environmentOf, type ServiceDescription } from '../process/service-description.ts'

/** The test file that loaded this module. */
const { testFile } = globalThis

/**
 * Gives a handler its environment, as a Lambda sandbox does. Handlers read the environment before they first
 * await. After the call, the environment is as before: it may belong to another test.
 *
 * A test that failed or took too long may still call handlers while the next file runs. Such a call fails.
 */
export function inEnvironment<A extends unknown[], R>(
  environment: Record<string, string>,
  handler: (...args: A) => R,
): (...args: A) => R {
  return (...args) => {
    if (globalThis.testFile !== testFile) throw new Error('the test file has ended')
    const before = Object.keys(environment).map((name) => [name, process.env[name]] as const)
    Object.assign(process.env, environment)
    try {
      return handler(...args)
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  }
}

declare global {
  interface ImportMeta {
    /** Vite's: an import of each file that matches, by its path. */
    // biome-ignore lint/suspicious/noExplicitAny: the caller knows what event and response a function has.
    glob(patterns: string[]): Record<string, () => Promise<any>>
  }
}

// Imports that Vite knows are how StrykerJS finds the tests of a function.
const sources = import.meta.glob(['../../../functions/**/*.ts', '!**/*.test.ts'])

/** Loads a function's source as Lambda does: with its own environment, and in fresh modules. */
export async function loadHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  vi.resetModules()
  return importHandler(service, functionKey, aws)
}

/** Returns a loader that loads each function once, as {@link loadHandler} does, and keeps it warm. */
export function warmHandlers(service: ServiceDescription, aws: LocalAws) {
  const loaded = new Map<string, ReturnType<typeof loadHandler>>()
  return (functionKey: string) => {
    const loading = loaded.get(functionKey) ?? loadHandler(service, functionKey, aws)
    loaded.set(functionKey, loading)
    return loading
  }
}

/** Loads the sources of functions as {@link loadHandler} does, but in modules that the functions share: it is faster. */
export async function loadHandlers(
  service: ServiceDescription,
  functionKeys: Iterable<string>,
  aws: LocalAws,
) {
  vi.resetModules()
  const handlers = new Map<string, Awaited<ReturnType<typeof importHandler>>>()
  for (const key of functionKeys) handlers.set(key, await importHandler(service, key, aws))
  return handlers
}

async function importHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  const file = service.functions[functionKey]?.handler.replace(/\.handler$/, '.ts')
  const load = sources[`../../../${file}`]
  if (load === undefined) throw new Error(`serverless.yml has no function ${functionKey} with a source`)
  const { handler } = await load()
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows what event and response the function has.
  return inEnvironment<any[], any>(environmentOf(service, functionKey, aws), handler)
}
