import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

/** Calls that write to DynamoDB, or may: an operation that is no literal. */
const isWrite = (call: ts.CallExpression): boolean => {
  const name = call.expression.getText().split('.').at(-1)
  if (name === 'writeIf' || name === 'transact') return true
  const [service, operation] = call.arguments.map((argument) => argument.getText())
  return (
    service === "'dynamodb'" &&
    !/^'(GetItem|BatchGetItem|Query|Scan|ListTables|DescribeTable)'$/.test(operation ?? '')
  )
}

/** What makes an event. `endingOf` returns one with the end of a session, `factorResetWrites` one with a request, and `newGrant` one with a grant. */
const MAKES_EVENT = /\b(eventOf|updateEventOf|resetEventOf|factorResetWrites|endingOf|newGrant)\(/g

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
const writes = files.flatMap((file) => writesIn(file, readFileSync(`${root}/${file}`, 'utf8')))

/** The writes that leave no event, each with the reason. */
const SILENT: [place: string, why: string][] = [
  [
    'lib/enrolment/enrolment.ts: proveEnrolment',
    "It spends a link or an operator's code. The event of the factor that follows says that there was an enrolment.",
  ],
  ['lib/factors/passkeys/store.ts: renamePasskey', 'A label decides nothing.'],
  [
    'lib/factors/put.ts: putWith',
    'Neither a challenge nor a secret is a factor. What it spends has an event.',
  ],
  [
    'lib/federation/sign-in/next-step.ts: keepPending',
    'An identity that waits is no part of an account. The decision of its user has an event.',
  ],
  [
    'lib/federation/sign-in/next-step.ts: nextAfterIdentity',
    'It spends the response of a provider. The event of the login token says that a second step follows.',
  ],
  ['lib/mail/store.ts: claimMail', 'A mail is no part of an account.'],
  ['lib/mail/store.ts: releaseMail', 'The same.'],
  [
    'lib/mail/store.ts: markSent',
    'The same. It may begin the delay of a reset of factors, whose request and end have events.',
  ],
  [
    'lib/proofs/verify.ts: spendProof',
    'The proof has an event. So has the confirmation of the address that it allows.',
  ],
  [
    'lib/sessions/store.ts: replaceSecret',
    'A refresh changes neither who is signed in nor how long at most.',
  ],
  [
    'lib/sessions/store.ts: abandonSession',
    'The outcome of the sign-in is unknown. Its event, if it was stored, stays.',
  ],
  [
    'lib/oauth/grants/store.ts: abandonGrant',
    'The outcome of the exchange is unknown. Its event, if it was stored, stays.',
  ],
  [
    'lib/sessions/device/bind.ts: useChallenge',
    'It gives nothing: a session of a device can do less than before.',
  ],
  ['lib/oauth/documents/store.ts: dropDocument', 'As storeDocument.'],
  [
    'lib/oauth/documents/store.ts: storeDocument',
    'A cache decides nothing: the consent of a user has an event.',
  ],
  [
    'lib/oauth/grants/list.ts: deleteAllowed',
    'What a user allows apps, who is removed right after. The removal has an event.',
  ],
  [
    'lib/oauth/grants/store.ts: replaceGrant',
    'A refresh changes neither who may do what nor how long at most.',
  ],
  ['lib/operators/act-as/act.ts: spendAct', 'The code of an act, whose beginning has an event.'],
  [
    'lib/sign-in/complete.ts: storeWith',
    'completeSignIn gives it the event. What else a complete sign-in writes shows by it: it spends a code, moves the counter of a passkey, or cancels a reset of the factors, because the user has them.',
  ],
  [
    'lib/sign-in/login-token.ts: storeLoginToken',
    'A login token is no session. The password step gives it an event of its own.',
  ],
  ['lib/throttling/known-sources.ts: markKnownSource', 'The event of the sign-in has the source.'],
  [
    'lib/throttling/store.ts: addAttempt',
    'Strangers may cause it. The next sign-in has the number of wrong passwords.',
  ],
  ['lib/throttling/store.ts: giveBack', 'The same.'],
  ['lib/users/store.ts: replaceHash', 'The password is the same.'],
  [
    'scripts/smoke/checks/resets.ts: RESET_CHECKS',
    'npm run smoke moves the announcement of a reset of its own user, whose request and end have events.',
  ],
  [
    'lib/operators/removal.ts: deleteItems',
    'Sessions, counters and marks of a user who is removed, what the user allowed apps, or of a name that becomes free. The removal, or the change of the name, has an event.',
  ],
]

test('every write leaves an event, or is one of those that need none', () => {
  const silent = writes.filter(({ hasEvent }) => !hasEvent).map(({ place }) => place)
  expect(silent.toSorted()).toEqual(SILENT.map(([place]) => place).toSorted())
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
