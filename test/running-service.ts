import type { TestProject } from 'vitest/node'
import { startService } from './service.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the service under test listens, without a slash at the end. */
    serviceUrl: string
  }
}

/** Vitest's global set-up: one service for all test files that ask for `inject('serviceUrl')`. */
export default async function setup(project: TestProject) {
  const service = await startService()
  project.provide('serviceUrl', service.url)
  return () => service.stop()
}
