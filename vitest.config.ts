import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{functions,lib,local}/**/*.test.ts', 'test/**/*.test.ts'],
    // One whole service per file that needs one; starting it takes seconds, not milliseconds.
    hookTimeout: 60_000,
    testTimeout: 30_000,
    reporters: ['default', ['json', { outputFile: '.results/vitest.json' }]],
    allowOnly: false,
  },
})
