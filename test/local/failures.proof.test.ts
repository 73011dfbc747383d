import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copySources } from '../support/process/checkout.ts'
import { type Service, startService } from '../support/process/service.ts'

/** Bodies of handlers that get 500, each with what the terminal says of its function. */
const FAILURES: Record<string, [body: string, reason: string | RegExp]> = {
  throws: ["throw new Error('boom')", 'threw Error: boom'],
  rejects: ["return Promise.reject(new TypeError('later'))", 'threw TypeError: later'],
  text: ["throw 'a text'", /^broken-text threw .*a text/],
  hangs: ['return new Promise(() => {})', 'timed out after 1 s'],
  nothing: ['return undefined', 'returned undefined, which is no response'],
  string: ["return 'Hello'", 'returned string, which is no response'],
  object: ['return { statusCode: 200, body: {} }', 'returned a body that is no text: use JSON.stringify'],
  status: ["return { statusCode: 'fine', body: '' }", 'returned an invalid statusCode'],
  headers: ["return { statusCode: 200, headers: 'none', body: '' }", 'returned headers that are no object'],
  header: ["return { statusCode: 200, headers: { 'X Y': 'a' }, body: '' }", 'returned an invalid header X Y'],
  base64: [
    'return { statusCode: 200, isBase64Encoded: true, body: null }',
    /^the response of broken-base64 cannot be sent: The first argument must be/,
  ],
  exits: ['process.exit(3)', 'threw Error: process.exit(3) ended the function'],
  late: [
    "return new Promise(() => setTimeout(() => { throw new Error('in a timer') }, 1))",
    'threw Error: in a timer',
  ],
  unhandled: [
    "Promise.reject(new Error('nobody waits')); return new Promise(() => {})",
    'threw Error: nobody waits',
  ],
  thread: ['process.reallyExit(3)', 'lost its thread, which ended with status 3'],
}

const folder = mkdtempSync(join(tmpdir(), 'failures-'))
let service: Service
beforeAll(async () => {
  copySources(folder)
  const names = [...Object.keys(FAILURES), 'loads']
  for (const name of names) {
    const body = FAILURES[name]?.[0] ?? "return { statusCode: 200, body: '' }"
    const begin = name === 'loads' ? "throw new Error('at its load')\n" : ''
    writeFileSync(
      join(folder, `functions/content/broken-${name}.ts`),
      `// @ts-nocheck\n${begin}export const handler = async () => { ${body} }\n`,
    )
  }
  const functions = names.map(
    (name) => `
  broken-${name}:
    handler: functions/content/broken-${name}.handler
    timeout: ${name === 'hangs' ? 1 : 5}
    events:
      - http: { method: get, path: broken/${name} }
`,
  )
  appendFileSync(join(folder, 'serverless.yml'), functions.join(''))
  service = await startService({}, [], folder)
})
afterAll(async () => {
  await service?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const reasons: [name: string, reason: string | RegExp][] = [
  ...Object.entries(FAILURES).map(([name, [, reason]]): [string, string | RegExp] => [name, reason]),
  ['loads', 'threw Error: at its load'],
]

test.each(reasons)(
  'a function that fails by %s gets 500, with its name and reason in the terminal',
  async (name, reason) => {
    const mark = service.output().length
    const response = await fetch(`${service.url}/broken/${name}`)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ title: 'Internal Server Error', status: 500 })
    const line = () => /^GET \/broken\/\S+ 500 [\d,]+ ms (.*)$/m.exec(service.output().slice(mark))?.[1]
    await expect.poll(line).toBeDefined()
    const named = `broken-${name} `
    if (typeof reason === 'string') expect(line()).toContain(`${named}${reason}`)
    else expect(line()).toMatch(reason)
  },
)

test('the service runs on, and starts another thread for a function that has lost its own', async () => {
  expect((await fetch(`${service.url}/broken/thread`)).status).toBe(500)
  expect((await fetch(`${service.url}/broken/hangs`)).status).toBe(500)
  expect((await fetch(`${service.url}/.well-known/jwks.json`)).status).toBe(200)
})
