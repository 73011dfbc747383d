import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { parsed, sampleEvent } from '../support/lambda.ts'
import { SAMPLES } from '../support/sample-events.ts'
import {
  describeService,
  environmentOf,
  resourcesOf,
  root,
  tokenSourceOf,
} from '../support/service-description.ts'
import { unzip } from '../support/unzip.ts'
import { packageDev } from './packaged.ts'

const service = describeService()
let aws: LocalAws
/** Each function's package, by function key: file contents by name. */
const packages = new Map<string, ReadonlyMap<string, Buffer>>()
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/bundles-`)

beforeAll(async () => {
  const { folder: packaged } = await packageDev()
  for (const functionKey of Object.keys(service.functions)) {
    const files = unzip(readFileSync(`${packaged}/${functionKey}.zip`))
    packages.set(functionKey, files)
    for (const content of files.values()) writeFileSync(`${folder}/${functionKey}.cjs`, content)
  }
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
}, 120_000)
afterAll(() => {
  aws.stop()
  rmSync(folder, { recursive: true })
})

/** Runs a bundle as Lambda does: in its own process, with the function's environment and nothing else. */
const RUN = `
  const [bundle, event] = process.argv.slice(1)
  const context = { getRemainingTimeInMillis: () => 5000 }
  const outcome = require(bundle).handler(JSON.parse(event), context)
    .then((returned) => ({ returned }), ({ message }) => ({ threw: message }))
  outcome.then((outcome) => console.log(JSON.stringify({ ...outcome, loaded: process.moduleLoadList })))`

async function invoke(functionKey: string, event: unknown) {
  const args = ['-e', RUN, `${folder}/${functionKey}.cjs`, JSON.stringify(event)]
  const env = environmentOf(service, functionKey, aws)
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: folder })
  const outcome: { returned?: never; threw?: string; loaded: string[] } = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  )
  return outcome
}

test.each(Object.keys(service.functions))(
  'the package of %s contains one CommonJS file, at the handler’s path',
  (functionKey) => {
    const { handler = '' } = service.functions[functionKey] ?? {}
    expect([...(packages.get(functionKey)?.keys() ?? [])]).toEqual([handler.replace(/\.handler$/, '.cjs')])
  },
)

test('no package contains a source map', () => {
  for (const content of [...packages.values()].flatMap((files) => [...files.values()])) {
    expect(content.includes('sourceMappingURL=data:')).toBe(false)
  }
})

describe.each(Object.entries(SAMPLES))('events/%s', (file, { functionKey, ...expected }) => {
  test(`has its expected outcome in the bundle of ${functionKey}`, async () => {
    const event = await fillTokens(sampleEvent(file), tokenSourceOf(service, aws), new Date())
    const { returned, threw, loaded } = await invoke(functionKey, event)
    if ('throws' in expected) {
      expect(threw).toBe(expected.throws)
    } else {
      expect(returned && 'body' in returned ? parsed(returned) : returned).toEqual(expected.returns)
    }
    // Loading undici, the global fetch, would double the time of a cold start.
    expect(loaded.filter((name) => name.includes('undici'))).toEqual([])
    expect(loaded).toContain('NativeModule internal/modules/cjs/loader')
  })
})
