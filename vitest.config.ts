import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const TEXT = '\0text:'
const require = createRequire(import.meta.url)

/** Imports `with { type: 'text' }`, which esbuild knows and vite does not: the files of the functions' pages. */
const textImports = {
  name: 'text-imports',
  enforce: 'pre' as const,
  resolveId(source: string, importer = '') {
    if (source.startsWith('swagger-ui-dist/')) return `${TEXT}${source}`
    return /\/page\.\w+$/.test(source) ? `${TEXT}${resolve(importer, '..', source)}` : undefined
  },
  load(id: string) {
    if (!id.startsWith(TEXT)) return undefined
    const text = readFileSync(require.resolve(id.slice(TEXT.length)), 'utf8')
    return `export default ${JSON.stringify(text)}`
  },
}

const unit = {
  extends: true as const,
  test: { name: 'unit', include: ['{functions,lib,local,plugins,scripts}/**/*.test.ts'] },
}

export default defineConfig({
  plugins: [textImports],
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
          // One running service for all of them, and a look at what they saw of the API description.
          globalSetup: ['test/support/openapi/coverage.ts', 'test/support/running-service.ts'],
        },
      },
    ],
    hookTimeout: 60_000,
    testTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: '.results/vitest.json' }]],
    allowOnly: false,
  },
})
