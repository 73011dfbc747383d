import { join } from 'node:path'
import { vi } from 'vitest'
import type { LocalAws } from '../../local/aws.ts'
import { environmentOf, root, type ServiceDescription } from './service-description.ts'

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

/** Loads a function's source as Lambda does: with its own environment, and in fresh modules. */
export async function loadHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  const file = service.functions[functionKey]?.handler.replace(/\.handler$/, '.ts')
  if (file === undefined) throw new Error(`serverless.yml has no function ${functionKey}`)
  vi.resetModules()
  const { handler } = await import(/* @vite-ignore */ join(root, file))
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows what event and response the function has.
  return inEnvironment<any[], any>(environmentOf(service, functionKey, aws), handler)
}
