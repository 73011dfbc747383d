import { execFile, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, onTestFinished, test } from 'vitest'
import { PROBLEMS } from '../lib/problems.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )

/** What a reader types, and what README says comes of it; `…` stands for what differs each time. */
const exchanges = blocks('console')
  .join('')
  .split(/^\$ /m)
  .slice(1)
  .map((text) => {
    const [command = '', ...answer] = text.trimEnd().split('\n')
    return { command, answer: answer.join('\n') }
  })

const isInvocation = ({ command }: { command: string }) => command.startsWith('npx sls invoke local ')

/** Types the commands into one shell; an answer that is as shown comes back as it is shown. */
async function answersTo(shown: typeof exchanges, prelude = ''): Promise<typeof exchanges> {
  const lines = shown.map(({ command }) => `${command}\nprintf '\\036'`)
  const { stdout } = await promisify(execFile)('sh', ['-c', [prelude, ...lines].join('\n')], { cwd: root })
  const answers = stdout.split('\x1e').map((answer) => answer.trimEnd())
  return shown.map(({ command, answer: pattern }, index) => {
    const answer = answers[index] ?? ''
    const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '[^"\\s]+')
    return { command, answer: new RegExp(`^${source}$`).test(answer) ? pattern : answer }
  })
}

/** As much of curl as README uses, for machines that have none. */
const CURL_BY_FETCH = `curl() { '${process.execPath}' --input-type=module -e '
  import { parseArgs } from "node:util"
  const options = {
    silent: { type: "boolean", short: "s" },
    header: { type: "string", short: "H", multiple: true, default: [] },
    data: { type: "string", short: "d" },
  }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const response = await fetch(positionals[0], {
    method: values.data === undefined ? "GET" : "POST",
    headers: values.header.map((line) => line.split(": ")),
    body: values.data,
  })
  process.stdout.write(await response.text())
' -- "$@"; }`

const curlIsHere = spawnSync('curl', ['--version']).error === undefined

test.each([
  ...(curlIsHere ? [{ client: 'curl', prelude: '' }] : []),
  { client: 'fetch in the place of curl', prelude: CURL_BY_FETCH },
])('the walk through the routes gives what README shows, with $client', async ({ prelude }) => {
  const walk = exchanges
    .filter((exchange) => !isInvocation(exchange))
    .map((exchange) => ({
      ...exchange,
      command: exchange.command.replace('http://localhost:3000', inject('serviceUrl')),
    }))
  expect(walk).not.toEqual([])
  expect(await answersTo(walk, prelude)).toEqual(walk)
})

test('invoking single functions gives what README shows', async () => {
  const invocations = exchanges
    .filter(isInvocation)
    // Builds of its own: other tests invoke functions at the same time.
    .map((exchange) => ({ ...exchange, command: `${exchange.command} --param buildFolder=.results/readme` }))
  expect(invocations).not.toEqual([])
  expect(await answersTo(invocations)).toEqual(invocations)
})

const ROUTE_FILE = 'functions/hello.ts'

test('the route that README adds says hello to a token, and 401 without one', async () => {
  mkdirSync(join(root, '.results'), { recursive: true })
  const copy = mkdtempSync(join(root, '.results/hello-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  for (const path of ['functions', 'lib', 'local', 'resources', 'package.json', 'test/service.ts']) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  writeFileSync(join(copy, ROUTE_FILE), blocks('ts').join(''))
  const entry = blocks('yaml').join('')
  writeFileSync(
    join(copy, 'serverless.yml'),
    read('serverless.yml').replace(/^functions:\n/m, (line) => line + entry),
  )

  const { startService } = (await import(join(copy, 'test/service.ts'))) as typeof import('./service.ts')
  const service = await startService()
  onTestFinished(() => service.stop())
  const login = await fetch(`${service.url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"username":"user","password":"user"}',
  })
  const { authToken } = (await login.json()) as { authToken: string }
  const hello = await fetch(`${service.url}/hello`, { headers: { Authorization: `Bearer ${authToken}` } })

  expect(readme).toContain('`{"message":"Hello user."}`')
  expect(await hello.json()).toEqual({ message: 'Hello user.' })
  expect((await fetch(`${service.url}/hello`)).status).toBe(401)
})

test("README's table of errors is the whole of what functions and gateway answer", () => {
  const told = [...readme.matchAll(/^\| (\d{3}) \| ([^|]+) \|/gm)].map(
    ([, status, title]) => `${status} ${title}`,
  )
  const gateway = read('resources/gateway-responses.yml').matchAll(/"title":"([^"]+)","status":(\d+)/g)
  const given = [
    ...Object.values(PROBLEMS).map(({ status, title }) => `${status} ${title}`),
    ...[...gateway].map(([, title, status]) => `${status} ${title}`),
  ]
  expect(told).toEqual([...new Set(given)].sort())
})

test('README tells of every sample event', () => {
  const events = globSync('events/*.json', { cwd: root }).map((path) => basename(path, '.json'))
  expect(events.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})

const documents = globSync('{*.md,docs/**/*.md}', { cwd: root })

/** What of a document does not hold, with the document's name. */
const faults = (findIn: (document: string) => string[]) =>
  documents.flatMap((document) => findIn(document).map((fault) => `${document}: ${fault}`))

test('every file and folder that a document points at is there', () => {
  const folders = /`((?:bench|docs|events|functions|hoppscotch|lib|local|resources|scripts|test)\/[^`\s]*)`/g
  const missing = faults((document) => {
    const text = read(document)
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
    const files = links
      .filter((target) => !target.includes('://'))
      .map((target) => join(dirname(document), target))
    const paths = [...text.matchAll(folders)].map(([, path = '']) => path)
    return [...files, ...paths].filter((path) => path !== ROUTE_FILE && !existsSync(join(root, path)))
  })
  expect(missing).toEqual([])
})

test('every command that a document names is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const missing = faults((document) => {
    const code = (read(document).match(/^```.*?^```|`[^`\n]+`/gms) ?? []).join('\n')
    const commands = [...code.matchAll(/\b(npm run|npm|npx) ([\w-]+)/g)]
    return commands.flatMap(([command, tool, name = '']) => {
      const isThere =
        tool === 'npx' ? existsSync(join(root, 'node_modules/.bin', name)) : name === 'ci' || name in scripts
      return isThere ? [] : [command]
    })
  })
  expect(missing).toEqual([])
})
