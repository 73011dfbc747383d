import { vi } from 'vitest'
import type { LocalAws } from '../../local/aws.ts'
import { environmentOf, type ServiceDescription } from './service-description.ts'

/** Loads a function's source the way Lambda does: with its environment, and fresh. */
export async function loadHandler(service: ServiceDescription, functionKey: string, aws: LocalAws) {
  const environment = environmentOf(service, functionKey, aws)
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.resetModules()
  const { handler } = await import(`../../functions/${functionKey}.ts`)
  vi.unstubAllEnvs()
  return handler
}
