import { afterAll, vi } from 'vitest'

// The test files of a worker share its process. Each one begins with fresh modules, as in a process of its own.
vi.resetModules()

afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
