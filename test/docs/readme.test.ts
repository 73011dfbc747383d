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
import { TITLES } from '../../lib/errors.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
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
    request: { type: "string", short: "X" },
    output: { type: "string", short: "o" },
    "write-out": { type: "string", short: "w", default: "" },
  }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const response = await fetch(positionals[0], {
    method: values.request ?? (values.data === undefined ? "GET" : "POST"),
    headers: values.header.map((line) => line.split(": ")),
    body: values.data,
  })
  const text = await response.text()
  if (values.output !== "/dev/null") process.stdout.write(text)
  const end = values["write-out"].replace("%{http_code}", response.status).replace("\\\\n", "\\n")
  process.stdout.write(end)
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

const HELLO_FILE = 'functions/hello.ts'
const DRAFTS_FILE = 'functions/drafts.ts'
const ROUTE_FILES = [HELLO_FILE, DRAFTS_FILE]

/** Starts the service with README's own routes and role in it, and somebody who has that role. */
async function startWithRoutesOfOnesOwn() {
  mkdirSync(join(root, '.results'), { recursive: true })
  const copy = mkdtempSync(join(root, '.results/hello-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  for (const path of [
    'functions',
    'lib',
    'local',
    'plugins',
    'resources',
    'package.json',
    'test/support/service.ts',
  ]) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  const replaceLine = (path: string, line: RegExp, by: (line: string) => string) => {
    expect(read(path)).toMatch(line)
    writeFileSync(join(copy, path), read(path).replace(line, by))
  }
  const [hello = '', roles = '', drafts = '', ...more] = blocks('ts')
  expect(more).toEqual([])
  writeFileSync(join(copy, HELLO_FILE), hello)
  writeFileSync(join(copy, DRAFTS_FILE), drafts)
  replaceLine('lib/users/user.ts', /^export const ROLES = .*\n/m, () => roles)
  const editor = `  { username: 'editor', role: 'editor' },\n`
  replaceLine('local/aws.ts', /^export const DEMO_USERS.*\n/m, (line) => line + editor)
  const entry = blocks('yaml').join('')
  const entries = entry + entry.replaceAll('hello', 'drafts')
  replaceLine('serverless.yml', /^functions:\n/m, (line) => line + entries)

  const { startService } = (await import(
    join(copy, 'test/support/service.ts')
  )) as typeof import('../support/service.ts')
  const service = await startService()
  onTestFinished(() => service.stop())
  return service
}

test('the routes and the role that README adds: hello to a token, drafts to editors, 401 without a token', async () => {
  const { url } = await startWithRoutesOfOnesOwn()
  const tokenOf = async (username: string) => {
    const login = await fetch(`${url}/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password: username }),
    })
    const { authToken } = (await login.json()) as { authToken: string }
    return authToken
  }
  const get = async (path: string, token?: string) => {
    const headers = token === undefined ? undefined : { Authorization: `Bearer ${token}` }
    const response = await fetch(`${url}${path}`, headers && { headers })
    return { status: response.status, body: (await response.json()) as { message?: string; detail?: string } }
  }
  const [user, editor, admin] = [await tokenOf('user'), await tokenOf('editor'), await tokenOf('admin')]

  expect(readme).toContain('`{"message":"Hello user."}`')
  expect(await get('/hello', user)).toEqual({ status: 200, body: { message: 'Hello user.' } })
  expect(await get('/drafts', editor)).toEqual({ status: 200, body: { message: 'Drafts of editor.' } })
  for (const token of [user, admin]) expect((await get('/drafts', token)).status).toBe(403)
  for (const path of ['/hello', '/drafts']) expect((await get(path)).status).toBe(401)
  expect((await get('/admin', editor)).status).toBe(403)
})

test("README's parameters for how long things last are those of serverless.yml, with the same values", () => {
  const told = [...readme.matchAll(/\| `(\w+)=([\d/]+)`/g)].map(([, name, value]) => `${name}=${value}`)
  const given = [...read('serverless.yml').matchAll(/^ {4}(\w+): "?([\d/]+)"?$/gm)]
  expect(told).not.toEqual([])
  expect(given.map(([, name, value]) => `${name}=${value}`)).toEqual(expect.arrayContaining(told))
})

test("README's table of errors is the whole of what functions and gateway answer", () => {
  const told = [...readme.matchAll(/^\| (\d{3}) \| ([^|]+) \|/gm)].map(
    ([, status, title]) => `${status} ${title}`,
  )
  const gateway = read('resources/gateway-responses.yml').matchAll(/"title":"([^"]+)","status":(\d+)/g)
  const given = [
    ...Object.entries(TITLES).map(([status, title]) => `${status} ${title}`),
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
    return [...files, ...paths].filter((path) => !ROUTE_FILES.includes(path) && !existsSync(join(root, path)))
  })
  expect(missing).toEqual([])
})

test('every command that a document names is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const missing = faults((document) => {
    const code = (read(document).match(/^```.*?^```|`[^`\n]+`/gms) ?? []).join('\n')
    const commands = [...code.matchAll(/\b(npm run|npm|npx)(?: --\S+)* (\w[\w-]*)/g)]
    return commands.flatMap(([command, tool, name = '']) => {
      const isThere =
        tool === 'npx' ? existsSync(join(root, 'node_modules/.bin', name)) : name === 'ci' || name in scripts
      return isThere ? [] : [command]
    })
  })
  expect(missing).toEqual([])
})
