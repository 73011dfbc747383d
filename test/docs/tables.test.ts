import { globSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withoutDevices } from '../../plugins/functions/devices.ts'
import { rowsOfEvent } from '../../plugins/routes/row-events.ts'
import { describeService, root } from '../support/process/service-description.ts'
import { tableIn } from './table.ts'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')
const architecture = read('docs/ARCHITECTURE.md')
const contributing = read('CONTRIBUTING.md')

/** Folders of an application, as THEME.md names them. */
const OF_APPLICATION = ['theme', 'texts']

test('ARCHITECTURE.md lists every folder, and every area of functions', () => {
  const layout = tableIn(architecture, 'Folder')
  expect(layout.flatMap(([name]) => wordsIn(name)).sort()).toEqual(foldersOf('.'))
  const [, areas] = layout.find(([name]) => name === '`functions/`') ?? []
  const named = wordsIn(areas).filter((word) => word.endsWith('/') && word !== 'content/')
  expect([...named, 'content/'].sort()).toEqual(foldersOf('functions'))
})

const items = tableIn(read('lib/README.md'), 'pk')
const lib = globSync('lib/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => ({ file, code: read(file) }))

test('the table of items names every list of attributes, and no others', () => {
  const declared = lib.flatMap(({ file, code }) =>
    [...code.matchAll(/^(?:export )?const (\w+) = \{\n(?: .*\n)*\} satisfies Attributes$/gm)].map(
      ([, name]) => `\`${name}\` in \`${file}\``,
    ),
  )
  const named = [...items, ...tableIn(read('lib/README.md'), 'Partition')].flatMap(
    ([, , what = '']) => what.match(/`[A-Z_]+` in `[^`]+`/g) ?? [],
  )
  expect(declared).not.toEqual([])
  expect(named.sort()).toEqual(declared.sort())
})

test('the table of items has every partition and sort key, and no others', () => {
  const [, partitions = ''] = /^type Partition =\n((?: {2}\| .*\n)+)/m.exec(read('lib/aws/access.ts')) ?? []
  const beginnings = (words: readonly string[] = []) =>
    [...new Set(words.map((word) => word.replace(/#.*/, '#*')))].sort()
  expect(beginnings(items.flatMap(([pk]) => wordsIn(pk)))).toEqual(
    beginnings(partitions.match(/(?<=')[a-z][^'\n]*/g) ?? []),
  )
  const code = lib.map((source) => source.code).join('\n')
  const names = items.flatMap(([, sk]) => wordsIn(sk).map((word) => word.replace(/#.*/, '')))
  expect(names.filter((name) => !new RegExp(`['\`]${name}['#]`).test(code))).toEqual([])
  const written = [...code.matchAll(/(?:\bsk: \{ S: |\bsk = |counter\([^,]*, )['`]([a-z-]+)/g)]
  expect(written.length).toBeGreaterThan(20)
  expect(names).toEqual(expect.arrayContaining(written.map(([, name]) => name)))
})

test('the table of functions of factors has each of them with its routes', () => {
  const areas =
    /^functions\/(?:sign-in\/|factors\/|passkeys\/|enrolment\/|passwordless\/(?:passkeys|enrolment))/
  // With devices, they have handlers of `functions/devices/`.
  const functions = Object.entries(describeService().functions).filter(([, { handler }]) =>
    areas.test(withoutDevices(handler)),
  )
  const routesOf = (name: string, events: { http: object }[] = []) =>
    events.flatMap(({ http }) =>
      rowsOfEvent(name, http).map(({ method, path }) => `${method.toUpperCase()} ${path}`),
    )
  const shown = tableIn(read('plugins/README.md'), 'Function').map(([name, routes]) => {
    let method = ''
    const full = wordsIn(routes).map((route) => {
      if (!route.startsWith('/')) method = route.split(' ')[0] ?? ''
      return route.startsWith('/') ? `${method} ${route}` : route
    })
    return [name?.slice(1, -1), full.sort()]
  })
  const deployed = functions.map(([name, { events }]) => [name, routesOf(name, events).sort()])
  expect(shown.sort()).toEqual(deployed.sort())
})

test('the table of claims has every claim that a token needs', () => {
  const [, required = ''] = /REQUIRED_CLAIMS = \[([^\]]*)\]/.exec(read('lib/tokens/access-token.ts')) ?? []
  const shown = tableIn(architecture, 'Claim').flatMap(([names]) => wordsIn(names))
  expect(shown.sort()).toEqual(required.match(/\w+/g)?.sort())
})

test('ARCHITECTURE.md names limits that are parameters', () => {
  const limits = [...architecture.matchAll(/`(limit[A-Z]\w*)`/g)].map(([, name = '']) => name)
  expect(limits).not.toEqual([])
  const parameters = Object.keys(describeService().params.default ?? {})
  expect(limits.filter((limit) => !parameters.includes(limit))).toEqual([])
})

test('CONTRIBUTING.md lists every command for tests, and every folder of them', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: object }
  const commands = Object.keys(scripts).filter((name) => /^test(:|$)/.test(name))
  const shown = tableIn(contributing, 'Command').flatMap(([command]) => wordsIn(command))
  expect(shown.map((command) => command.replace(/^npm (run )?/, ''))).toEqual(
    expect.arrayContaining(commands),
  )
  const folders = tableIn(contributing, 'Question').flatMap(([, folder]) => wordsIn(folder))
  const others = ['test/mutation/', 'test/support/']
  expect([...folders, ...others].sort()).toEqual(foldersOf('test').map((name) => `test/${name}`))
})

/** Returns the code words of a text. */
const wordsIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

/** Returns the visible folders in a folder. */
const foldersOf = (path: string): string[] =>
  readdirSync(`${root}/${path}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[a-z]+(-[a-z]+)*$/.test(entry.name))
    .filter(({ name }) => !OF_APPLICATION.includes(name))
    .map(({ name }) => `${name}/`)
