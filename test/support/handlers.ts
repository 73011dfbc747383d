import { vi } from 'vitest'
import type { LocalAws } from '../../local/aws.ts'
import { environmentOf, type ServiceDescription } from './service-description.ts'

/**
 * Gives a handler an environment of its own, as a Lambda sandbox does. Handlers read the environment before
 * they first await.
 */
export function inEnvironment<A extends unknown[], R>(
  environment: Record<string, string>,
  handler: (...args: A) => R,
): (...args: A) => R {
  return (...args) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    try {
      return handler(...args)
    } finally {
      vi.unstubAllEnvs()
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
const sources = import.meta.glob(['../../functions/**/*.ts', '!**/*.test.ts'])

/** Loads a function's source as Lambda does: with its own environment, and in fresh modules. */
export async function loadHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  const file = service.functions[functionKey]?.handler.replace(/\.handler$/, '.ts')
  const load = sources[`../../${file}`]
  if (load === undefined) throw new Error(`serverless.yml has no function ${functionKey} with a source`)
  vi.resetModules()
  const { handler } = await load()
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows what event and response the function has.
  return inEnvironment<any[], any>(environmentOf(service, functionKey, aws), handler)
}
