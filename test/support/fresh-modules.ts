import { afterAll, vi } from 'vitest'
import { lowerArgon2 } from './cheap-argon2.ts'

declare global {
  /** Another object in each test file of a process; see `handlers.ts`. */
  var testFile: object | undefined
}

// The test files of a worker share its process. Each one begins with fresh modules, as in a process of its own.
vi.resetModules()
globalThis.testFile = {}
lowerArgon2()

afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
