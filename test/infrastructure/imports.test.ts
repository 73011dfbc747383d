import { globSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { MOVING_LOGIN } from '../../plugins/functions/drain.ts'
import { filesIn } from '../../plugins/functions/functions.ts'
import { SWITCHED_HANDLERS } from '../../plugins/functions/switches.ts'
import { tableIn } from '../docs/table.ts'
import { describePlaces } from '../drain/places.ts'
import { describeService, root } from '../support/process/service-description.ts'

interface Source {
  file: string
  code: string
  imports: string[]
}

/** Reads the sources of a folder without their tests; `code` is without comments. */
function sourcesOf(folder: string): Source[] {
  const files = globSync(`${folder}/**/*.{ts,js}`, {
    cwd: root,
    exclude: ['**/node_modules', 'packages/*/dist', 'packages/*/template'],
  })
  const own = files.filter((file) => !/\.test\.ts$|\.min\.js$/.test(file))
  return (folder.includes('.') ? [folder] : own).map((file) => {
    const code = readFileSync(`${root}/${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    return { file, code, imports: importsIn(code) }
  })
}

/** Returns the paths of all imports in a source, of types too. */
const importsIn = (code: string): string[] =>
  [...code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, path = '']) => path)

const isOfPages = (file: string) => /^functions\/pages\/.*\.js$/.test(file)

const lib = sourcesOf('lib')
const functions = sourcesOf('functions').filter(({ file }) => !isOfPages(file))
const isRelative = (path: string) => path.startsWith('.') || path.startsWith('/')

/** Returns the files of this repository that a source imports, by their paths in it. */
const localImports = ({ file, imports }: Pick<Source, 'file' | 'imports'>): string[] =>
  imports.filter(isRelative).map((path) => posix.join(posix.dirname(file), path))

/** Returns the concept that a file of `lib/` belongs to: its folder, or its own name. */
const conceptOf = (file: string) => /^lib\/([a-z-]+)(?:\/|\.ts$)/.exec(file)?.[1] ?? ''

/** The concepts of `lib/` in the order of ARCHITECTURE.md: a concept may import those of earlier levels only. */
const LEVELS = [
  ...readFileSync(`${root}/docs/ARCHITECTURE.md`, 'utf8').matchAll(/^\d+\. (`lib\/.*`)$/gm),
].map(([, level = '']) => level.replaceAll('`', '').split(', ').map(conceptOf))

/** `lib/application/` alone may read the application's own data, and know its types, so that a package can bring other data. */
const APPLICATION = /^lib\/application\/\w+\.ts -> (auth\.config|project\/[a-z-]+)\.ts$/

/** The rooms of the project in the order of ARCHITECTURE.md, each with those that it may import. */
const ROOMS = tableIn(readFileSync(`${root}/docs/ARCHITECTURE.md`, 'utf8'), 'Room').map(
  ([room = '', imports = '']): [room: string, imports: string[]] => [
    room.replaceAll('`', ''),
    [...imports.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  ],
)

test('the entry file of a function has the name of its key, and no other file exports a handler', () => {
  const services = [describeService(), describePlaces().pool]
  const entries = services.flatMap((service) => Object.entries(service.functions))
  expect(entries.filter(([key, { handler }]) => posix.basename(handler) !== `${key}.handler`)).toEqual([])
  const exporting = functions.filter(({ code }) => /^export .*\bhandler\b/m.test(code))
  // Some functions have another handler with a feature.
  const written = filesIn(root).flatMap((file) =>
    Object.values<{ handler: string }>(parse(readFileSync(`${root}/${file}`, 'utf8'))),
  )
  const own = [...entries.map(([, one]) => one), ...written].map(({ handler }) => handler)
  const handlers = [...own, MOVING_LOGIN, ...SWITCHED_HANDLERS]
  expect(exporting.map(({ file }) => file.replace('.ts', '.handler')).sort()).toEqual(
    [...new Set(handlers)].sort(),
  )
})

test('the sources are found, with all their imports', () => {
  expect(functions.map(({ file }) => file)).toContain('functions/sessions/login.ts')
  const client = lib.find(({ file }) => file === 'lib/aws/client.ts')
  expect(client?.imports).toEqual([
    'node:timers/promises',
    '../errors.ts',
    './connection.ts',
    './failure.ts',
    './settings.ts',
    './sign.ts',
  ])
  expect(
    importsIn("import type { A } from './a.ts'\nimport './b.ts'\nconst c = await import('./c.ts')"),
  ).toEqual(['./a.ts', './b.ts', './c.ts'])
})

test('every file of lib/ belongs to a level', () => {
  expect(lib.map(({ file }) => file).filter((file) => levelOf(file) === -1)).toEqual([])
})

test('lib knows no role of the application', () => {
  expect(lib.filter(({ code }) => /(['"`])admin\1/.test(code)).map(({ file }) => file)).toEqual([])
})

/** What Node.js 20 lacks, which the commands, the plugin and the local service run on. */
const NEWER =
  /\b(globSync|matchesGlob|withResolvers|fromAsync|groupBy|registerHooks|enableCompileCache|DurationFormat|fromBase64|RegExp\.escape|Promise\.try|URL\.parse)\b|\.(isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(|\.(keys|values|entries)\(\)\s*\.(map|filter|flatMap|some|every|find|take|drop|reduce|toArray)\(/

test('the sources use nothing that Node.js 20 lacks', () => {
  const others = ['local', 'plugins', 'project', 'scripts'].flatMap(sourcesOf)
  const found = [...lib, ...functions, ...others].filter(({ code }) => NEWER.test(code))
  expect(found.map(({ file }) => file)).toEqual([])
})

describe('the imports of lib/', () => {
  test('point to earlier levels only', () => {
    expect(upwardImports(lib)).toEqual([])
  })
})

const sources = ROOMS.flatMap(([room]) => sourcesOf(room.replace(/\/$/, '')))

test('a room comes after those that it imports, and imports no others', () => {
  const names = ROOMS.map(([room]) => room)
  expect(names).toContain('auth.config.ts')
  expect(
    ROOMS.filter(([room, allowed]) =>
      allowed.some((one) => names.indexOf(one) >= names.indexOf(room) || !names.includes(one)),
    ),
  ).toEqual([])
  expect(new Set(sources.map(({ file }) => roomOf(file)))).toEqual(new Set(names))
  expect(forbiddenImports(sources)).toEqual([])
})

test('the imports have no circles, neither of files nor of folders', () => {
  expect(circularFiles(sources)).toEqual([])
  expect(circularFolders(sources)).toEqual([])
})

test.each(['lib', 'functions', 'local', 'plugins', 'project', 'scripts'])(
  'no file of %s/ has over 250 lines, and no folder over 15 files',
  (folder) => {
    const files = globSync(`${folder}/**/*.{ts,js}`, { cwd: root }).filter(
      (file) => !/\.test\.|\.min\./.test(file),
    )
    const linesOf = (file: string) => readFileSync(`${root}/${file}`, 'utf8').split('\n').length - 1
    expect(files.filter((file) => linesOf(file) > 250)).toEqual([])
    const folders = Object.groupBy(files, posix.dirname)
    expect(Object.keys(folders).filter((name) => (folders[name]?.length ?? 0) > 15)).toEqual([])
  },
)

test('no folder of test/support/ holds over 15 files', () => {
  const files = readdirSync(`${root}/test/support`, { recursive: true, withFileTypes: true })
  const folders = Object.groupBy(
    files.filter((file) => file.isFile()),
    ({ parentPath }) => parentPath,
  )
  expect(Object.keys(folders).length).toBeGreaterThan(1)
  expect(Object.keys(folders).filter((name) => (folders[name]?.length ?? 0) > 15)).toEqual([])
})

describe('the checks of imports find', () => {
  const source = (file: string, ...imports: string[]) => ({ file, imports })

  test('an import from a later level, from the same level and from outside lib/', () => {
    const sources = [
      source('lib/config.ts', './errors.ts', './sessions/session.ts'),
      source(
        'lib/tokens/issue.ts',
        'node:crypto',
        './signer.ts',
        '../sessions/session.ts',
        '../aws/client.ts',
      ),
      source('lib/http/page.ts', '../../functions/authorizer.ts'),
      source('lib/enrolment/enrolment.ts', '../http/responses.ts'),
    ]
    expect(upwardImports(sources)).toEqual([
      'lib/config.ts -> lib/sessions/session.ts',
      'lib/tokens/issue.ts -> lib/sessions/session.ts',
      'lib/http/page.ts -> functions/authorizer.ts',
      'lib/enrolment/enrolment.ts -> lib/http/responses.ts',
    ])
  })

  test('an import of a room that comes later, of a type too', () => {
    const code = "import type { Serverless } from '../plugins/framework.d.ts'"
    const sources = [
      source('project/data.ts', ...importsIn(code)),
      source('local/aws.ts', '../project/commands.ts', '../lib/errors.ts', '../scripts/users.ts'),
      source('functions/sessions/login.ts', '../../lib/errors.ts', '../../local/aws.ts'),
    ]
    expect(forbiddenImports(sources)).toEqual([
      'project/data.ts -> plugins/framework.d.ts',
      'local/aws.ts -> scripts/users.ts',
      'functions/sessions/login.ts -> local/aws.ts',
    ])
  })

  test('a circle of two files and one of three', () => {
    const sources = [
      source('lib/a.ts', './b.ts', './d.ts'),
      source('lib/b.ts', './a.ts'),
      source('lib/c/one.ts', './two.ts'),
      source('lib/c/two.ts', './three.ts'),
      source('lib/c/three.ts', './one.ts', '../d.ts'),
      source('lib/d.ts'),
    ]
    expect(circularFiles(sources)).toEqual([
      'lib/a.ts',
      'lib/b.ts',
      'lib/c/one.ts',
      'lib/c/two.ts',
      'lib/c/three.ts',
    ])
  })

  test('a circle of folders without one of files', () => {
    const sources = [
      source('local/mail/page.ts', '../gateway/rules.ts'),
      source('local/gateway/gateway.ts', '../mail/other.ts'),
      source('local/aws.ts', './gateway/gateway.ts'),
    ]
    expect(circularFiles(sources)).toEqual([])
    expect(circularFolders(sources)).toEqual(['local/mail', 'local/gateway'])
  })
})

/** Whether pages serve a file: one of their own, or the client. */
const isFileOfPages = (file: string) =>
  /^client\/\w+\.min\.js$|^functions\/pages\/.*\.(html|css|js)$/.test(file)

/** Whether a file lists the pages of a function, and the files that they load. */
const isSite = (file: string) => /^functions\/pages\/\w+(\/mail)?\/site\.ts$/.test(file)

/** Whether a file lists the pages of the function in a source. */
const isSiteOf = (file: string, source: Source) =>
  isSite(file) && posix.dirname(file) === posix.dirname(source.file)

/** Whether a file is the table of a function with several routes, each in a file of its own. */
const isTable = ({ code }: Source) => /\b(byRoute|bySharedPath)\(/.test(code)

const tables = functions.filter(isTable)
const routesOfTables = tables.flatMap(localImports).filter((file) => file.startsWith('functions/'))

/** Whether a file gives the route of another function what its requests have of their devices. */
const isDeviceHandler = ({ file, code }: Source) =>
  file.startsWith('functions/devices/') && /\(SETTINGS, with\w*Device\(route\)\)$/m.test(code)

const withDevices = functions.filter(isDeviceHandler).flatMap(localImports)

test('functions/ imports from packages, lib/, its routes and the files of pages only', () => {
  const outside = functions.flatMap((source) =>
    localImports(source)
      .filter((to) => !to.startsWith('lib/'))
      .filter((to) => !(isTable(source) && routesOfTables.includes(to)))
      .filter((to) => !(isDeviceHandler(source) && posix.basename(to) === posix.basename(source.file)))
      .filter(
        (to) => !(source.file.startsWith('functions/pages/') && (isFileOfPages(to) || isSiteOf(to, source))),
      )
      .map((to) => `${source.file} -> ${to}`),
  )
  expect(outside).toEqual([])
})

const offenders = (sources: Source[], offends: (source: Source) => boolean) =>
  sources.filter(offends).map(({ file }) => file)

test('only lib/http/ and the edges of lib/authorization/ know events and responses of the gateway', () => {
  // `lib/http/` makes the responses. Only `lib/openapi/`, which describes them, is on a later level.
  const knows = ({ file, imports }: Source) => imports.includes('aws-lambda') && !file.startsWith('lib/http/')
  expect(offenders(lib, knows)).toEqual([
    'lib/authorization/act-policy.ts',
    'lib/authorization/client-policy.ts',
    'lib/authorization/event.ts',
    'lib/authorization/http-api.ts',
    'lib/authorization/opening-policy.ts',
    'lib/authorization/policy.ts',
  ])
  const ofOpenApi = lib.filter(({ file }) => file.startsWith('lib/openapi/')).flatMap(localImports)
  const fromHttp = ofOpenApi.filter((to) => to.startsWith('lib/http/') && !to.startsWith('lib/http/schemas/'))
  expect(fromHttp).toEqual([])
})

test('only lib/config.ts reads the environment', () => {
  const readsIt = ({ code, imports }: Source) =>
    /\bprocess\b[\s\S]{0,3}\benv\b/.test(code) || imports.includes('node:process')
  expect(offenders([...lib, ...functions], readsIt)).toEqual(['lib/config.ts'])
})

test('no function uses the global fetch, which takes long to load', () => {
  expect(offenders([...lib, ...functions], ({ code }) => /(?<!-)\bfetch\b/.test(code))).toEqual([])
})

/** Expects a handler, and what `functions/devices/` gives a device to. */
function expectRoute(code: string) {
  const exported = code.split('\n').filter((line) => line.startsWith('export'))
  expect(exported.map((line) => line.split(/[ :]/)[2])).toEqual(['SETTINGS', 'route', 'handler'])
  expect(exported.at(-1)).toMatch(/^export const handler = \w+Handler\(SETTINGS, route\)$/)
  const lines = code.slice(code.indexOf('export const route')).split('\n')
  expect(lines.findIndex((line) => /^[})]/.test(line)) + 1).toBeLessThan(35)
}

describe.each(functions)('$file', ({ file, code }) => {
  test('exports one handler, route or site of under 35 lines beside its settings, and nothing else', () => {
    if (withDevices.includes(file)) return expectRoute(code)
    const name = isSite(file) ? 'site' : routesOfTables.includes(file) ? 'route' : 'handler'
    const lines = code.replace(/readConfig\(\[[^\]]*\]/, 'readConfig([]').split('\n')
    const exported = lines.filter((line) => line.startsWith('export'))
    const expected = new RegExp(`^export (const|async function) ${name}\\b`)
    expect(exported).toEqual([expect.stringMatching(expected)])
    const start = lines.indexOf(exported[0] ?? '')
    const isWhole = exported[0]?.endsWith(')')
    const length = isWhole ? 1 : lines.slice(start).findIndex((line) => /^[})]/.test(line)) + 1
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(35)
  })
})

const levelOf = (file: string) => LEVELS.findIndex((concepts) => concepts.includes(conceptOf(file)))

/** Returns the room that a file is in: its folder at the top level, or the file itself. */
const roomOf = (file: string) => file.replace(/\/.*/, '/')

/** Returns the imports of one room by another that ARCHITECTURE.md does not allow, as `from -> to`. */
const forbiddenImports = (sources: Pick<Source, 'file' | 'imports'>[]): string[] =>
  sources.flatMap((source) => {
    const [, allowed = []] = ROOMS.find(([room]) => room === roomOf(source.file)) ?? []
    return localImports(source)
      .filter((to) => ![roomOf(source.file), ...allowed].includes(roomOf(to)))
      .map((to) => `${source.file} -> ${to}`)
  })

/** Returns the imports among sources that do not point to an earlier level, as `from -> to`. */
const upwardImports = (sources: Pick<Source, 'file' | 'imports'>[]): string[] =>
  sources.flatMap((source) =>
    localImports(source)
      .filter((to) => conceptOf(to) !== conceptOf(source.file))
      .filter((to) => levelOf(to) === -1 || levelOf(to) >= levelOf(source.file))
      .map((to) => `${source.file} -> ${to}`)
      .filter((one) => !APPLICATION.test(one)),
  )

/** Returns the folder of a room that a file is in, or `''` for a file at the top of its room. */
const folderOf = (file: string) => /^\w+\/[\w-]+(?=\/)/.exec(file)?.[0] ?? ''

/** Returns the folders that import themselves over others. */
function circularFolders(sources: Pick<Source, 'file' | 'imports'>[]): string[] {
  const graph = new Map<string, string[]>()
  for (const source of sources) {
    const folder = folderOf(source.file)
    const others = localImports(source)
      .map(folderOf)
      .filter((to) => to !== '' && to !== folder)
    if (folder) graph.set(folder, [...(graph.get(folder) ?? []), ...others])
  }
  return circular(graph)
}

/** Returns the files that import themselves over others, or `[]` if there is no circle. */
const circularFiles = (sources: Pick<Source, 'file' | 'imports'>[]): string[] =>
  circular(new Map(sources.map((source) => [source.file, localImports(source)])))

/** Returns what reaches itself. */
function circular(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const isCircular = (start: string) => {
    const seen = new Set<string>()
    const open = [...(graph.get(start) ?? [])]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (file === start) return true
      if (!seen.has(file)) open.push(...(graph.get(file) ?? []))
      seen.add(file)
    }
    return false
  }
  return [...graph.keys()].filter(isCircular)
}
