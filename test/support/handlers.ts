import { join } from 'node:path'
import { vi } from 'vitest'
import type { LocalAws } from '../../local/aws.ts'
import { environmentOf, root, type ServiceDescription } from './service-description.ts'

/** Loads a function's source as Lambda does: with its own environment, and in fresh modules. */
export async function loadHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  const file = service.functions[functionKey]?.handler.replace(/\.handler$/, '.ts')
  if (file === undefined) throw new Error(`serverless.yml has no function ${functionKey}`)
  const environment = environmentOf(service, functionKey, aws)
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.resetModules()
  const { handler } = await import(/* @vite-ignore */ join(root, file))
  vi.unstubAllEnvs()
  return handler
}
