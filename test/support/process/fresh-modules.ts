import { afterAll, inject, vi } from 'vitest'
import { recordEvents } from '../../local/outgoing/record.ts'
import { lowerArgon2 } from './cheap-argon2.ts'

declare global {
  /** Another object in each test file of a process; see `handlers.ts`. */
  var testFile: object | undefined
}

// Tests expect tokens, profiles and pages without what an application adds to them. A file with its own mock has that.
vi.mock('../../../auth.config.ts', async (importOriginal) => {
  const { default: config } = await importOriginal<typeof import('../../../auth.config.ts')>()
  const { roles, administrators, can } = config
  return { default: { roles, administrators, can } }
})

// `test/local/outgoing/coverage.ts` reads every event that the tests write.
vi.mock('../../../local/dynamodb/transactions.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../local/dynamodb/transactions.ts')>()
  const transactions: typeof original.transactions = (now, onInsertions) =>
    original.transactions(now, (insertions) => {
      recordEvents(
        insertions.map(({ item }) => item),
        inject('eventsFile'),
      )
      onInsertions(insertions)
    })
  return { ...original, transactions }
})

// The test files of a worker share its process. Each one begins with fresh modules, as in a new process.
vi.resetModules()
globalThis.testFile = {}
lowerArgon2()

afterAll(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
