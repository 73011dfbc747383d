import { defineConfig } from 'vitest/config'

const unit = {
  extends: true as const,
  test: { name: 'unit', include: ['{functions,lib,local,resources,scripts}/**/*.test.ts'] },
}

export default defineConfig({
  test: {
    // Beside the code what concerns one file; in test/ what concerns the whole, by kind.
    projects: [
      unit,
      {
        extends: true as const,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          // Those have a configuration of their own.
          exclude: ['test/aws/**'],
          // One running service for all of them.
          globalSetup: 'test/running-service.ts',
        },
      },
    ],
    hookTimeout: 60_000,
    testTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: '.results/vitest.json' }]],
    allowOnly: false,
  },
})
