import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsed } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

/** What functions print there: the line of a mail, and why there is no document. */
const STANDARD_ERROR: Record<string, unknown> = {
  mailer: expect.stringMatching(/^Mail to \S+: .*\n$/),
  'fetch-client': expect.stringMatching(/^\{\n {2}event: 'document\.refused',\n {2}host: 'app\.test',\n/),
}

interface Run {
  status: number | null
  stdout: string
  stderr: string
}

mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(join(root, '.results', 'invoke-local-'))

function sampleOf(name: string) {
  const sample = SAMPLES[name]
  if (sample === undefined) throw new Error(`there is no sample event ${name}`)
  return sample
}

/** Runs `npx sls invoke local` as on a machine without AWS credentials. */
async function invokeLocal(name: string): Promise<Run> {
  const sls = [`${root}/node_modules/.bin/sls`, 'invoke', 'local']
  const { functionKey } = sampleOf(name)
  const buildFolder = `buildFolder=${relative(root, folder)}/${name}`
  const path = `events/${name}.json`
  const event = existsSync(`${root}/${path}`) ? ['-p', path] : []
  const args = [...sls, '-f', functionKey, ...event, '--param', buildFolder]
  const child = spawn(process.execPath, args, {
    cwd: root,
    // The running service of the tests has documents at another port. No program is at this one.
    env: { ...cleanEnvironment(), HOME: folder, TEST_HOSTS_PORT: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { status, stdout, stderr }
}

/** Returns what the framework prints last: the function's response, with a JSON body laid out as JSON. */
function printed(stdout: string) {
  const value = JSON.parse(stdout.slice(stdout.lastIndexOf('\n{\n') + 1))
  return typeof value.body === 'string' ? parsed(value) : value
}

/**
 * Tests that `sls invoke local` runs sample events. Each run takes seconds of a core. All events run in
 * `functions/sample-events.test.ts` and `test/infrastructure/bundles.test.ts`.
 *
 * @param names - Names of functions, and of files in `events`.
 */
export function testInvocations(names: readonly string[]): void {
  const runs = new Map<string, Run>()

  beforeAll(async () => {
    const waiting = [...names]
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        runs.set(name, await invokeLocal(name))
      }
    }
    await Promise.all([work(), work()])
  }, 240_000)
  afterAll(() => {
    rmSync(folder, { recursive: true })
    console.log(`${names.length} functions invoked`)
  })

  describe.each(names)('the sample event %s', (name) => {
    const { functionKey, ...expected } = sampleOf(name)
    test(`has the outcome it is a sample of, by sls invoke local -f ${functionKey}`, () => {
      const run = runs.get(name)
      if ('throws' in expected) {
        expect(run).toMatchObject({ status: 1 })
        expect(printed(run?.stdout ?? '')).toMatchObject({
          errorMessage: expected.throws,
          errorType: 'Error',
        })
      } else {
        expect(run).toMatchObject({ status: 0, stderr: STANDARD_ERROR[functionKey] ?? '' })
        if (expected.returns) expect(printed(run?.stdout ?? '')).toEqual(expected.returns)
      }
    })
  })
}
