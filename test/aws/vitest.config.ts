import { defineConfig } from 'vitest/config'

/** Configuration of `npm run test:aws`. It is separate because it needs packages that npm does not have. */
export default defineConfig({
  test: {
    name: 'aws',
    include: ['test/aws/*.test.ts'],
    globalSetup: 'test/aws/emulator.ts',
    hookTimeout: 60_000,
    testTimeout: 180_000,
    expect: { requireAssertions: true },
    reporters: ['default', ['json', { outputFile: '.results/vitest-aws.json' }]],
    allowOnly: false,
  },
})
