import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { markOf, PAGE_FILES, textForBrowsers, waysIn } from './plugins/page-files.ts'

// Every process of the tests inherits this: the workers, the framework, the operators' commands. The second process
// that loads a module takes its compiled code from the cache.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url))
// The framework compiles the schema of serverless.yml for seconds, and caches the result here, not in a home directory.
process.env.SLS_SCHEMA_CACHE_BASE_DIR ??= fileURLToPath(new URL('node_modules/.cache/sls', import.meta.url))

const TEXT = '\0text:'
const require = createRequire(import.meta.url)

/** Supports `with { type: 'text' }`, which esbuild knows and vite does not: the files that the handlers of pages import. */
export const textImports = {
  name: 'text-imports',
  enforce: 'pre' as const,
  resolveId(source: string, importer = '') {
    if (source.startsWith('swagger-ui-dist/')) return `${TEXT}${source}`
    return /\/functions\/pages\/[a-z/-]+\.ts$/.test(importer) && /\.(html|css|js)$/.test(source)
      ? `${TEXT}${resolve(importer, '..', source)}${markOf(importer)}`
      : undefined
  },
  async load(id: string) {
    if (!id.startsWith(TEXT)) return undefined
    const [name = '', mark] = id.slice(TEXT.length).split(/(?=\?)/)
    const file = require.resolve(name)
    const text = PAGE_FILES.test(file)
      ? await textForBrowsers(file, [...waysIn(mark), 'languages'])
      : readFileSync(file, 'utf8')
    return `export default ${JSON.stringify(text)}`
  },
}

/** Tests beside the code. */
const UNIT = ['{bench,client,functions,lib,local,plugins,project,scripts}/**/*.test.ts', 'packages/*.test.ts']

/** Tests that need Chromium, Hoppscotch or Django, and whole tables. `npm test` leaves them out, `npm run test:proof` runs them. */
const PROOF = ['test/browser/**/*.test.ts', 'test/**/*.proof.test.ts']

/** Tests that prove by mass: every order, thousands of sessions. `npm run test:mass` runs them. */
const MASS = ['test/**/*.mass.test.ts']

/** Tests with large tables: `npm test` runs one row of each class, and the proofs run all rows. */
const TABLES = ['lib', 'local', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.test.ts') && !/node_modules|\.(proof|mass)\./.test(file))
    .filter((file) => readFileSync(file, 'utf8').includes("/support/rows.ts'")),
)

/** Proofs that compare times. They run one after the other, when all others have ended. */
const TIMES = ['test/**/{enumeration,timing,timing-without-hash}.proof.test.ts']

/** `npm run test:aws` has a configuration of its own, and `npm run test:package` a project. Some packages of test/mutation contain tests. */
const OTHERS = ['test/aws/**', 'test/package/**', 'test/**/node_modules/**']

/** One running service for all files of a project, and the list of the responses that its tests have seen. */
const globalSetup = ['test/http/openapi/coverage.ts', 'test/support/process/running-service.ts']

/**
 * The files of a worker share its process, because one for each file takes 0.3 to 0.4 s of a core more. Each has fresh
 * modules. The proofs do not share: some change what a process keeps.
 */
export const sharedProcess = {
  isolate: false,
  setupFiles: 'test/support/process/fresh-modules.ts',
}

const ofProofs = {
  globalSetup,
  provide: { isProof: true },
  setupFiles: 'test/support/process/fresh-modules.ts',
  maxWorkers: availableParallelism(),
}

/** For tests that import modules of pages. `plugins/page-files.ts` sets them in the pages. */
export const define = { HAS_FEDERATION: 'true', HAS_LANGUAGES: 'true', HAS_MAIL_SIGN_IN: 'true' }

export default defineConfig({
  plugins: [textImports],
  define,
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: UNIT, ...sharedProcess },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['test/**/*.test.ts'],
          exclude: [...OTHERS, ...PROOF, ...MASS],
          // It ends last, when the running service has left its events.
          globalSetup: ['test/local/outgoing/coverage.ts', ...globalSetup],
          ...sharedProcess,
        },
      },
      {
        extends: true,
        test: {
          name: 'proof',
          include: [...PROOF, ...TABLES],
          exclude: [...OTHERS, ...TIMES, ...MASS],
          ...ofProofs,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'mass', include: MASS, exclude: OTHERS, ...ofProofs },
      },
      {
        extends: true,
        test: {
          name: 'time',
          include: TIMES,
          exclude: OTHERS,
          globalSetup,
          setupFiles: 'test/support/process/fresh-modules.ts',
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/tarball.ts',
          // An installation loads a hundred megabytes.
          hookTimeout: 300_000,
          testTimeout: 300_000,
        },
      },
    ],
    // Vitest keeps each module as it was transformed, by its content: a second run takes an eighth less.
    experimental: { fsModuleCache: true },
    // Vitest leaves one core free. The tests wait for child processes and timeouts often enough to use one more than there are.
    maxWorkers: availableParallelism() + 1,
    // Of concurrent tests, which mostly wait. Vitest reads it once in each worker, so no file can set its own.
    maxConcurrency: 60,
    // They end what hangs. A busy machine takes a minute to start a service.
    hookTimeout: 180_000,
    testTimeout: 180_000,
    // For a mail or a line of a log, the default of one second is too short on a busy machine. A test without an assertion passes,
    // and tests nothing.
    expect: { poll: { timeout: 15_000 }, requireAssertions: true },
    reporters: ['default', 'json'],
    outputFile: { json: '.results/vitest.json' },
    allowOnly: false,
  },
})
