import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

/** Calls that write to DynamoDB, or may: an operation that is no literal. */
const isWrite = (call: ts.CallExpression): boolean => {
  const name = call.expression.getText().split('.').at(-1)
  if (name === 'writeIf' || name === 'transact') return true
  const [service, operation] = call.arguments.map((argument) => argument.getText())
  return service === "'dynamodb'" && !/^'(GetItem|BatchGetItem|Query|Scan|ListTables)'$/.test(operation ?? '')
}

/** What makes an event. `endingOf` returns one with the end of a session, and `newGrant` one with a grant. */
const MAKES_EVENT = /\b(eventOf|updateEventOf|resetEventOf|endingOf|newGrant)\(/g

interface Write {
  /** File and declaration, such as `lib/users/store.ts: replaceHash`. */
  place: string
  hasEvent: boolean
}

/** Returns the declarations of a file that write, but for those of `lib/aws/`, through which all writes go. */
function writesIn(file: string, code: string): Write[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true)
  return source.statements.flatMap((statement) => {
    let writes = 0
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isWrite(node)) writes += 1
      node.forEachChild(visit)
    }
    visit(statement)
    if (writes === 0) return []
    const text = statement.getText()
    const [, name = ''] = /(?:function\*?|const) (\w+)/.exec(text) ?? []
    return [{ place: `${file}: ${name}`, hasEvent: (text.match(MAKES_EVENT)?.length ?? 0) >= writes }]
  })
}

const files = globSync('{lib,functions,scripts}/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('lib/aws/'))
  .sort()
/** Makes the operation that its caller names. Its type allows `Query` and `Scan` alone. */
const READER = 'scripts/cli/pages.ts: pagesOf'
const writes = files
  .flatMap((file) => writesIn(file, readFileSync(`${root}/${file}`, 'utf8')))
  .filter(({ place }) => place !== READER)

/** The writes that leave no event, from the table in ARCHITECTURE.md. */
const LISTED = [
  ...readFileSync(`${root}/docs/ARCHITECTURE.md`, 'utf8').matchAll(
    /^\| `(\w+)` of `((?:lib|scripts)\/[^`]+)` \|/gm,
  ),
].map(([, name, file]) => `${file}: ${name}`)

test('every write leaves an event, or ARCHITECTURE.md says why it leaves none', () => {
  const silent = writes.filter(({ hasEvent }) => !hasEvent).map(({ place }) => place)
  expect(silent.toSorted()).toEqual(LISTED.toSorted())
  expect(writes.length - silent.length).toBeGreaterThan(10)
  console.log(`${writes.length} declarations write, ${silent.length} of them without an event`)
})

test('a new write is found', () => {
  const code = (body: string) => `export async function add(table: Table) { ${body} }`
  expect(writesIn('x.ts', code("await writeIf(table, 'PutItem', {})"))).toEqual([
    { place: 'x.ts: add', hasEvent: false },
  ])
  expect(writesIn('x.ts', code("await table.aws('dynamodb', 'DeleteItem', {})"))).toHaveLength(1)
  expect(writesIn('x.ts', code('await transact(table, [put, eventOf(table, act, {})])'))).toEqual([
    { place: 'x.ts: add', hasEvent: true },
  ])
  expect(writesIn('x.ts', code("await table.aws('dynamodb', 'GetItem', {})"))).toEqual([])
  const two = 'await transact(table, [put, eventOf(table, act, {})]); await transact(table, [other])'
  expect(writesIn('x.ts', code(two))).toEqual([{ place: 'x.ts: add', hasEvent: false }])
  expect(writesIn('x.ts', code("await table.aws('dynamodb', operation, {})"))).toHaveLength(1)
})
