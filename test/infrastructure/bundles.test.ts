import '../support/process/real-argon2.ts'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { fillTokens } from '../../local/tokens.ts'
import { OWN_ATTRIBUTES, OWN_CLAIMS, OWN_CONTEXT } from '../http/own-claims.ts'
import { useAws } from '../support/aws/table.ts'
import { parsed, sampleEvent } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import {
  describeService,
  environmentOf,
  root,
  tokenSourceOf,
} from '../support/process/service-description.ts'
import { rowsOf } from '../support/rows.ts'
import { HASHING, packageDev } from './packaged.ts'
import { bundleOf, invokeBundle, unpack } from './run-bundle.ts'
import { unzip } from './unzip.ts'

const service = describeService()
/** Each function's package, by function key: file contents by name. */
const packages = new Map<string, ReadonlyMap<string, Buffer>>()
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/bundles-`)

const { folder: packaged } = await packageDev()
for (const functionKey of Object.keys(service.functions)) {
  const files = unzip(readFileSync(`${packaged}/${functionKey}.zip`))
  packages.set(functionKey, files)
  unpack(files, `${folder}/${functionKey}`)
}
const aws = await useAws(service)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const invoke = (functionKey: string, event: unknown) =>
  invokeBundle(
    `${folder}/${functionKey}/${bundleOf(service, functionKey)}`,
    event,
    environmentOf(service, functionKey, aws),
  )

/** Files of their packages that are read when they are needed. */
const HASHES = [
  'node_modules/bcryptjs/index.js',
  'node_modules/bcryptjs/package.json',
  'node_modules/hash-wasm/dist/argon2.umd.min.js',
]

test.each(Object.keys(service.functions))(
  'the package of %s contains one CommonJS file, and further hashes if it hashes',
  (functionKey) => {
    const files = [...(packages.get(functionKey)?.keys() ?? [])]
    const further = HASHING.includes(functionKey) ? HASHES : []
    expect(files.sort()).toEqual([bundleOf(service, functionKey), ...further])
  },
)

test('no package contains a source map', () => {
  for (const content of [...packages.values()].flatMap((files) => [...files.values()])) {
    expect(content.includes('sourceMappingURL=data:')).toBe(false)
  }
})

/** What the attributes of `auth.config.ts` add to what functions return. */
const OWN: Record<string, object> = {
  authorizer: { context: OWN_CONTEXT },
  me: { body: { ...OWN_ATTRIBUTES, ...OWN_CLAIMS } },
  userinfo: { body: OWN_CLAIMS },
}

/** Adds to what a function returns of a user what the own attributes have. */
const withOwn = (expected: object = {}, own: object = {}) =>
  'asymmetricMatch' in expected
    ? expected
    : Object.fromEntries(
        Object.entries(expected).map(([name, value]) => [
          name,
          name in own && 'role' in Object(value) ? { ...value, ...Object(own)[name] } : value,
        ]),
      )

describe.each(rowsOf(Object.entries(SAMPLES), ([, { functionKey }]) => functionKey))(
  'the sample event %s',
  (name, { functionKey, ...expected }) => {
    test(`has its expected outcome in the bundle of ${functionKey}`, async () => {
      const event = await fillTokens(sampleEvent(name), tokenSourceOf(service, aws), new Date())
      const { returned, threw, loaded } = await invoke(functionKey, event)
      if ('throws' in expected) {
        expect(threw).toBe(expected.throws)
      } else {
        expect(returned && 'body' in returned ? parsed(returned) : returned).toEqual(
          functionKey in OWN ? withOwn(expected.returns, OWN[functionKey]) : expected.returns,
        )
      }
      // Loading undici, the global fetch, would double the time of a cold start.
      expect(loaded.filter((name) => name.includes('undici'))).toEqual([])
      expect(loaded).toContain('NativeModule internal/modules/cjs/loader')
    })
  },
)
