import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { tableIn } from '../docs/table.ts'
import { root } from '../support/process/service-description.ts'

// A command and a route of the console that make the same change call the same function of lib/operators/. The table of
// RUNNING-ACCOUNTS.md says which they are.

/** Commands that no route replaces, each with the reason. */
const WITHOUT_ROUTE: Record<string, string> = {
  add: 'No function of the console may write a password hash.',
  'set-password': 'The same.',
  import: 'The same.',
  export: 'No function of the console may read a password hash.',
  'start-enrolment': 'The operator gets a code, and must have made sure who the user is.',
  'set-locale': 'Users choose their language themselves.',
  unlink: 'Users remove identities themselves, and an operator removes all with a new password.',
}

/** A top-level declaration: its text, and the names in it. */
interface Declaration {
  code: string
  names: string[]
}

interface Source {
  declarations: Map<string, Declaration>
  /** Where the imported names come from: a file and the name there. */
  imports: Map<string, readonly [file: string, name: string]>
  /** Handlers of routes, by method and path. */
  routes: Map<string, string>
}

const read = (file: string): Source => {
  const source = ts.createSourceFile(
    file,
    readFileSync(`${root}/${file}`, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const found: Source = { declarations: new Map(), imports: new Map(), routes: new Map() }
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) addImports(file, statement, found)
    else addDeclaration(statement, found)
  }
  return found
}

function addImports(
  file: string,
  { moduleSpecifier, importClause }: ts.ImportDeclaration,
  { imports }: Source,
) {
  const { text } = moduleSpecifier as ts.StringLiteral
  if (!text.startsWith('.')) return
  const from = posix.join(posix.dirname(file), text)
  const bindings = importClause?.namedBindings
  if (!bindings || !ts.isNamedImports(bindings)) return
  for (const { name, propertyName } of bindings.elements) {
    imports.set(name.text, [from, (propertyName ?? name).text])
  }
}

function addDeclaration(statement: ts.Statement, { declarations, routes }: Source) {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.push(node.text)
    if (
      ts.isPropertyAssignment(node) &&
      ts.isStringLiteral(node.name) &&
      / \/admin-api\//.test(node.name.text)
    ) {
      routes.set(node.name.text, node.initializer.getText())
    }
    node.forEachChild(visit)
  }
  visit(statement)
  const [, name = ''] = /^(?:export )?(?:async )?(?:function\*?|const) (\w+)/.exec(statement.getText()) ?? []
  if (name) declarations.set(name, { code: statement.getText(), names })
}

const sources = new Map<string, Source>()
const sourceOf = (file: string): Source => {
  const found = sources.get(file) ?? read(file)
  sources.set(file, found)
  return found
}

/** Returns the functions of lib/operators/ that change something, and which a declaration reaches. */
function changesOf(file: string, name: string): Set<string> {
  const changes = new Set<string>()
  const seen = new Set<string>()
  const visit = (place: string, declared: string): void => {
    if (seen.has(`${place}: ${declared}`)) return
    seen.add(`${place}: ${declared}`)
    const { declarations, imports } = sourceOf(place)
    const declaration = declarations.get(declared)
    if (!declaration) return
    if (place.startsWith('lib/operators/')) {
      if (/\bact: Act\b/.test(declaration.code)) changes.add(`${place}: ${declared}`)
      return
    }
    for (const used of declaration.names) {
      const [from, original] = imports.get(used) ?? [place, used]
      if (/^(scripts\/users|functions\/admin|lib\/operators)\//.test(from)) visit(from, original)
    }
  }
  visit(file, name)
  return changes
}

const files = (folder: string) =>
  globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ['**/*.test.ts'] }).toSorted()

const commands = files('scripts/users').flatMap((file) =>
  [...sourceOf(file).declarations].flatMap(([name, { code }]) =>
    code.includes(': Subcommand = ') ? [{ file, name, code }] : [],
  ),
)

/** The functions of each route of the console. */
const routes = new Map(
  files('functions/admin').flatMap((file) =>
    [...sourceOf(file).routes].map(([route, handler]) => {
      const [from, name] = sourceOf(file).imports.get(handler) ?? [file, handler]
      return [route.replace('/admin-api/', ''), changesOf(from, name)] as const
    }),
  ),
)

/** Each command of the table: its code, and its routes. */
const rows = tableIn(readFileSync(`${root}/docs/RUNNING-ACCOUNTS.md`, 'utf8'), 'Command').map(
  ([command = '', , , cell = '']) => {
    const [, name = ''] = /^`([\w-]+)/.exec(command) ?? []
    const found = commands.filter(({ code }) => code.includes(`'${name}'`))
    return { name, found, routes: [...cell.matchAll(/`([^`]+)`/g)].map(([, route = '']) => route) }
  },
)

test('the table has every command', () => {
  expect(rows.filter(({ found }) => found.length !== 1)).toEqual([])
  const missing = commands.filter(({ name }) => !rows.some(({ found }) => found[0]?.name === name))
  expect(missing.map(({ name }) => name)).toEqual(['sealSecretCommand'])
})

test('each command that changes something has a route, but for those that none replaces', () => {
  const changing = rows.filter(({ found }) => /\boperator\b/.test(found[0]?.code ?? ''))
  expect(changing.length).toBeGreaterThan(10)
  const without = changing.filter((row) => row.routes.length === 0).map(({ name }) => name)
  expect(without.toSorted()).toEqual(Object.keys(WITHOUT_ROUTE).toSorted())
  expect(rows.filter((row) => row.routes.length > 0 && !changing.includes(row))).toEqual([])
})

const pairs = rows.flatMap(({ name, found, routes }) => routes.map((route) => ({ name, found, route })))

test.each(pairs)('$name and $route call the same function of lib/operators/', ({ found, route }) => {
  const ofRoute = routes.get(route) ?? new Set()
  const shared = found.flatMap(({ file, name }) =>
    [...changesOf(file, name)].filter((one) => ofRoute.has(one)),
  )
  expect(shared).toHaveLength(1)
})
