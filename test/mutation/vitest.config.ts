import { defineConfig } from 'vitest/config'
import { sharedProcess, textImports } from '../../vitest.config.ts'
import { OwnTestsFirst } from './own-tests-first.ts'

/**
 * The tests that must notice every mutant: those next to the code, and tables that need no running service.
 */
export default defineConfig({
  plugins: [textImports],
  test: {
    ...sharedProcess,
    setupFiles: ['test/mutation/first-failure.ts', sharedProcess.setupFiles],
    include: [
      '{functions,lib,scripts}/**/*.test.ts',
      'test/security/rfc8725.test.ts',
      'test/factors/ceremony.test.ts',
    ],
    sequence: { sequencer: OwnTestsFirst },
    hookTimeout: 60_000,
    testTimeout: 60_000,
    expect: { requireAssertions: true },
  },
})
