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
  // Whole test files guess wrong on purpose, all from one address; test/sessions has services with the ordinary limits.
  const service = await startService({
    limitUserAndSource: '100000/900',
    limitSource: '100000/900',
    limitUser: '100000/86400',
  })
  project.provide('serviceUrl', service.url)
  return () => service.stop()
}
