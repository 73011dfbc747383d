import { defineConfig } from 'vitest/config'
import { textImports, UNIT } from '../../vitest.config.ts'

/** The tests that must notice every mutant: those beside the code, and the attacks that need no running service. */
export default defineConfig({
  plugins: [textImports],
  test: { include: [UNIT, 'test/security/rfc8725.test.ts'], hookTimeout: 60_000, testTimeout: 60_000 },
})
