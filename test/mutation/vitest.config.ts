import { devNull } from 'node:os'
import { defineConfig } from 'vitest/config'
import { define, sharedProcess, textImports } from '../../vitest.config.ts'
import { OwnTestsFirst } from './own-tests-first.ts'

/**
 * The tests that must notice every mutant: those next to the code, and tables that need no running service.
 */
export default defineConfig({
  plugins: [textImports],
  define,
  test: {
    ...sharedProcess,
    setupFiles: ['test/mutation/first-failure.ts', sharedProcess.setupFiles],
    // Those of the part that `run.ts` changes.
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]'),
    sequence: { sequencer: OwnTestsFirst },
    // Tests record the responses that they have seen. Nothing reads them here.
    provide: { seenFile: devNull },
    hookTimeout: 60_000,
    testTimeout: 60_000,
    expect: { requireAssertions: true },
  },
})
