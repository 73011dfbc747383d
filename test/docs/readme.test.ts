import { execFile, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { TITLES } from '../../lib/errors.ts'
import { isProof, proof, rowsOf } from '../support/rows.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

const blocks = (document: string, language: string) =>
  [...read(document).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )

interface Exchange {
  command: string
  output: string
}

/** The commands that a document shows, each with its output. `…` stands for what differs each time. */
const exchangesOf = (document: string): Exchange[] =>
  blocks(document, 'console')
    .join('')
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...output] = text.trimEnd().split('\n')
      return { command, output: output.join('\n') }
    })

/** Documents that show requests to the running service. Each one sets its own variables. */
const WALKS = ['README.md', 'docs/API.md', 'docs/OAUTH.md', 'docs/READING.md', 'docs/SESSIONS.md']

/** Replaces the address that the documents use. The issuer of tokens has the service's port too. */
const atService = (text: string) => text.replace('http://localhost:3000', inject('serviceUrl'))

const isInvocation = ({ command }: Exchange) => command.startsWith('npx sls invoke local ')

/** `test/docs/oauth.test.ts` runs these. */
const isOfClients = ({ command }: Exchange) => command.startsWith('npm run clients ')

/** Types the commands into one shell. An output that is as shown comes back as it is shown. */
async function outputsOf(shown: Exchange[], prelude = ''): Promise<Exchange[]> {
  const lines = shown.map(({ command }) => `${command}\nprintf '\\036'`)
  const { stdout } = await promisify(execFile)('sh', ['-c', [prelude, ...lines].join('\n')], { cwd: root })
  const outputs = stdout.split('\x1e').map((output) => output.trimEnd())
  return shown.map(({ command, output: pattern }, index) => {
    const output = outputs[index] ?? ''
    const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '[^"\\s]+')
    return { command, output: new RegExp(`^${source}$`).test(output) ? pattern : output }
  })
}

/** The part of curl that the documents use, for machines without curl. */
const CURL_BY_FETCH = `curl() { '${process.execPath}' --input-type=module -e '
  import { parseArgs } from "node:util"
  const options = {
    silent: { type: "boolean", short: "s" },
    header: { type: "string", short: "H", multiple: true, default: [] },
    data: { type: "string", short: "d", multiple: true },
    user: { type: "string", short: "u" },
    request: { type: "string", short: "X" },
    output: { type: "string", short: "o" },
    "write-out": { type: "string", short: "w", default: "" },
  }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const response = await fetch(positionals[0], {
    method: values.request ?? (values.data === undefined ? "GET" : "POST"),
    headers: {
      ...(values.data && { "Content-Type": "application/x-www-form-urlencoded" }),
      ...(values.user && { Authorization: "Basic " + btoa(values.user) }),
      ...Object.fromEntries(values.header.map((line) => line.split(": "))),
    },
    body: values.data?.join("&"),
  })
  const text = await response.text()
  if (values.output !== "/dev/null") process.stdout.write(text)
  const end = values["write-out"].replace("%{http_code}", response.status).replace("\\\\n", "\\n")
  process.stdout.write(end)
' -- "$@"; }`

/** The part of oathtool that the documents use, for machines without it: the code of a secret in base32, now or in 30 seconds. */
const OATHTOOL_BY_NODE = `oathtool() { '${process.execPath}' -e '
  const { createHmac } = require("node:crypto")
  const bits = [...process.argv.at(-1)].map((digit) => parseInt(digit, 36) > 9 ? parseInt(digit, 36) - 10 : Number(digit) + 24)
  const secret = bits.map((value) => value.toString(2).padStart(5, "0")).join("").match(/.{8}/g).map((byte) => parseInt(byte, 2))
  const later = process.argv.includes("+30 seconds") ? 1 : 0
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later))
  const mac = createHmac("sha1", Buffer.from(secret)).update(counter).digest()
  const code = (mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000
  console.log(String(code).padStart(6, "0"))
' -- "$@"; }`

const isHere = (command: string) => spawnSync(command, ['--version']).error === undefined
const curlIsHere = isHere('curl')
const oathtoolIsHere = isHere('oathtool')

const prelude = [curlIsHere ? '' : CURL_BY_FETCH, oathtoolIsHere ? '' : OATHTOOL_BY_NODE].join('\n')

test.each(
  rowsOf([
    ...WALKS.map((document) => ({ document, client: curlIsHere ? 'curl' : 'fetch', prelude })),
    { document: 'docs/SESSIONS.md', client: 'fetch instead of curl', prelude: CURL_BY_FETCH },
  ]),
)('the requests in $document return what it shows, with $client', async ({ document, prelude }) => {
  const walk = exchangesOf(document)
    .filter((exchange) => !isInvocation(exchange) && !isOfClients(exchange))
    .map(({ command, output }) => ({ command: atService(command), output: atService(output) }))
  expect(walk).not.toEqual([])
  expect(await outputsOf(walk, prelude)).toEqual(walk)
})

test.runIf(oathtoolIsHere && isProof)('the stand-in for oathtool returns the codes of oathtool', async () => {
  const secret = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const commands = ['', "-N '+30 seconds'"].map((more) => `oathtool --totp -b ${more} ${secret}`)
  const codesOf = async (before: string) =>
    (
      await outputsOf(
        commands.map((command) => ({ command, output: '' })),
        before,
      )
    ).map(({ output }) => output)
  // A new step may begin between the two runs.
  await expect
    .poll(() =>
      Promise.all([codesOf(''), codesOf(OATHTOOL_BY_NODE)]).then(([a, b]) => [a, a.join() === b.join()]),
    )
    .toEqual([[expect.stringMatching(/^\d{6}$/), expect.stringMatching(/^\d{6}$/)], true])
})

proof('invoking single functions returns what docs/API.md shows', async () => {
  const invocations = exchangesOf('docs/API.md')
    .filter(isInvocation)
    // A separate build folder, because other tests invoke functions at the same time.
    .map((exchange) => ({ ...exchange, command: `${exchange.command} --param buildFolder=.results/readme` }))
  expect(invocations).not.toEqual([])
  expect(await outputsOf(invocations)).toEqual(invocations)
})

/**
 * Files that README's route of your own adds, that of OWN-PROJECT.md, and EVENTS.md. `test/infrastructure/own-route.proof.test.ts` and
 * `test/package/create.test.ts` make these edits.
 */
const ADDED_BY_READER = [
  'functions/hello.ts',
  'functions/hello.test.ts',
  'functions/content/hello.ts',
  'functions/content/hello.test.ts',
  'events/hello.json',
  'functions/content/notes.ts',
  'functions/welcome.ts',
]

test('the parameters in SESSIONS.md have the defaults of plugins/parameters/parameters.yml', () => {
  const shown = [...read('docs/SESSIONS.md').matchAll(/\| `(\w+)=([\d/]+)`/g)].map(
    ([, name, value]) => `${name}=${value}`,
  )
  const defaults = [...read('plugins/parameters/parameters.yml').matchAll(/^ {2}(\w+): "?([\d/]+)"?$/gm)]
  expect(shown).not.toEqual([])
  expect(defaults.map(([, name, value]) => `${name}=${value}`)).toEqual(expect.arrayContaining(shown))
})

test('the table of errors in API.md lists every status and title', () => {
  const shown = [...read('docs/API.md').matchAll(/^\| (\d{3}) \| ([^|]+) \|/gm)].map(
    ([, status, title]) => `${status} ${title}`,
  )
  const gateway = read('plugins/resources/gateway-responses.yml').matchAll(
    /"title":"([^"]+)","status":(\d+)/g,
  )
  const sent = [
    ...Object.entries(TITLES).map(([status, title]) => `${status} ${title}`),
    ...[...gateway].map(([, title, status]) => `${status} ${title}`),
  ]
  expect(shown).toEqual([...new Set(sent)].sort())
})

test('README has fewer than 200 lines, and no command of 180 columns', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThan(200)
  const code = [...blocks('README.md', 'console'), ...blocks('README.md', 'sh')].flatMap((text) =>
    text.split('\n'),
  )
  expect(code.filter((line) => line.startsWith('$') && line.length >= 180)).toEqual([])
})

const documents = globSync('{*.md,bench/*.md,docs/**/*.md,examples/*.md,lib/*.md,local/*.md,plugins/*.md}', {
  cwd: root,
})

/** The faults in all documents, each with the name of its document. */
const faults = (findIn: (document: string) => string[]) =>
  documents.flatMap((document) => findIn(document).map((fault) => `${document}: ${fault}`))

test('every file and folder that a document names exists', () => {
  const folders =
    /`((?:bench|client|docs|events|examples|functions|lib|local|plugins|scripts|test)\/[^`\s]*)`/g
  const missing = faults((document) => {
    const text = read(document)
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
    const files = links
      .filter((target) => !target.includes('://'))
      .map((target) => join(dirname(document), target))
    const paths = [...text.matchAll(folders)].map(([, path = '']) => path)
    return [...files, ...paths].filter(
      (path) => !ADDED_BY_READER.includes(path) && !existsSync(join(root, path)),
    )
  })
  expect(missing).toEqual([])
})

/** Commands of npm itself. */
const OF_NPM = ['audit', 'ci', 'create', 'install', 'publish', 'update']

test('every command that a document names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const missing = faults((document) => {
    const code = (read(document).match(/^```.*?^```|`[^`\n]+`/gms) ?? []).join('\n')
    const commands = [...code.matchAll(/\b(npm run|npm|npx)(?: --\S+)* (\w[\w:-]*)/g)]
    return commands.flatMap(([command, tool, name = '']) => {
      const exists =
        tool === 'npx'
          ? [`node_modules/.bin/${name}`, `packages/serverless-jwt-auth/bin/${name}.ts`].some((file) =>
              existsSync(join(root, file)),
            )
          : OF_NPM.includes(name) || name in scripts
      return exists ? [] : [command]
    })
  })
  expect(missing).toEqual([])
})
