import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { parsed, sampleEvent } from '../support/lambda.ts'
import { SAMPLES } from '../support/sample-events.ts'
import {
  cleanEnvironment,
  describeService,
  environmentOf,
  resourcesOf,
  root,
  tokenSourceOf,
} from '../support/service-description.ts'
import { unzip } from '../support/unzip.ts'

const service = describeService()
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/bundles-`)
let aws: LocalAws

beforeAll(async () => {
  const sls = [`${root}/node_modules/.bin/sls`, 'package', '--package', relative(root, folder)]
  const buildFolder = ['--param', `buildFolder=${relative(root, folder)}/build`]
  const options = { cwd: root, env: cleanEnvironment(), stdio: 'pipe' } as const
  execFileSync(process.execPath, [...sls, ...buildFolder], options)
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
}, 120_000)
afterAll(() => {
  aws.stop()
  rmSync(folder, { recursive: true })
})

/** Runs as Lambda does it: a process of its own, with the function's environment and nothing else. */
const RUN = `
  const [bundle, event] = process.argv.slice(1)
  const context = { getRemainingTimeInMillis: () => 5000 }
  const outcome = require(bundle).handler(JSON.parse(event), context)
    .then((returned) => ({ returned }), ({ message }) => ({ threw: message }))
  outcome.then((outcome) => console.log(JSON.stringify({ ...outcome, loaded: process.moduleLoadList })))`

async function invoke(functionKey: string, event: unknown) {
  const files = unzip(readFileSync(`${folder}/${functionKey}.zip`))
  const name = `functions/${functionKey}.cjs`
  mkdirSync(`${folder}/functions`, { recursive: true })
  writeFileSync(`${folder}/${name}`, files.get(name) ?? '')
  const args = ['-e', RUN, `${folder}/${name}`, JSON.stringify(event)]
  const env = environmentOf(service, functionKey, aws)
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: folder })
  const outcome: { returned?: never; threw?: string; loaded: string[] } = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  )
  return outcome
}

test.each(Object.keys(service.functions))('the package of %s holds one CommonJS file', (functionKey) => {
  const files = unzip(readFileSync(`${folder}/${functionKey}.zip`))
  expect([...files.keys()]).toEqual([`functions/${functionKey}.cjs`])
})

describe.each(Object.entries(SAMPLES))('events/%s', (file, { functionKey, ...expected }) => {
  test(`has the outcome it is a sample of, given to the bundle of ${functionKey}`, async () => {
    const event = await fillTokens(sampleEvent(file), tokenSourceOf(service, aws), new Date())
    const { returned, threw, loaded } = await invoke(functionKey, event)
    if ('throws' in expected) {
      expect(threw).toBe(expected.throws)
    } else {
      expect(returned && 'body' in returned ? parsed(returned) : returned).toEqual(expected.returns)
    }
    // Loading it would double the time of a cold start.
    expect(loaded.filter((name) => name.includes('undici'))).toEqual([])
    expect(loaded).toContain('NativeModule internal/modules/cjs/loader')
  })
})
