import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { useLocalService } from '../support/process/local-service.ts'
import { MANY_PASSWORDS } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'

// The collection sends wrong passwords, and asks for a challenge of a passkey. Other tests use up the limit of these in the shared service.
const service = await useLocalService({ params: MANY_PASSWORDS })
const serviceUrl = service.url

const collection = fileURLToPath(new URL('../../examples/hoppscotch/jwt-demo.json', import.meta.url))
const environment = new URL('../../examples/hoppscotch/local.environment.json', import.meta.url)
const hopp = `${root}/examples/hoppscotch/node_modules/.bin/hopp`
const INSTALL = 'Hoppscotch’s command line has dependencies of its own: npm run prehoppscotch'

beforeEach(({ skip }) => {
  if (existsSync(hopp)) return
  if (process.env.CI) throw new Error(INSTALL)
  skip(INSTALL)
})

interface Environment {
  variables: { key: string; initialValue: string; currentValue: string }[]
}

/** What one request's test script found. */
interface Outcome {
  request: string
  tests: string[]
  failures: string[]
}

test.each([
  ['as the demo user every request passes, and the admin content is forbidden', {}, 'user'],
  [
    'as the demo admin every request passes, and the admin content is there',
    { username: 'admin', password: 'admin', role: 'admin' },
    'admin',
  ],
  [
    'without a token every request passes, and only the public keys are there',
    { password: 'wrong', role: '' },
    '',
  ],
])('%s', async (_what, changes, role) => {
  expect(await runCollection(changes)).toEqual({ exitCode: 0, outcomes: passesAs(role) })
})

test('the collection fails when the demo user is said to be an admin', async () => {
  const { exitCode, outcomes } = await runCollection({ role: 'admin' })
  expect(exitCode).toBe(1)
  expect(outcomes.map(({ failures }) => failures)).toEqual([
    [],
    [expect.stringContaining("role: 'user'")],
    ['Expected 403 to equal 200', expect.stringContaining("title: 'Forbidden'")],
    ...Array(9).fill([]),
    [expect.stringContaining('Expected')],
    ...Array(33).fill([]),
  ])
})

/** Requests that pass. */
const pass = (count: number) => Array<undefined>(count).fill(undefined)

test('the collection fails when a login is accepted that was to be refused', async () => {
  const { exitCode, outcomes } = await runCollection({ role: '' })
  expect(exitCode).toBe(1)
  const got = [
    ...[200, 200, 403, ...pass(2), 200, 200, 200, 404, 422, 422, 400, 200],
    ...[200, 422, 404, ...pass(2), 200, 200, ...pass(2)],
    // Its user has no factor, so the login is complete at once, and the code of the second step discards the tokens.
    ...[200, 200, 422, 200, undefined, 200, ...pass(18)],
  ]
  expect(outcomes.map(({ failures }) => failures[0])).toEqual(
    got.map((status) => status && `Expected ${status} to equal 401`),
  )
})

test('the collection fails when a login is refused that was to be accepted', async () => {
  const { exitCode, outcomes } = await runCollection({ password: 'wrong' })
  expect(exitCode).toBe(1)
  const expected = [
    ...[200, 200, 403, ...pass(2), 200, 200, 200, 404, 422, 422, 400, 200],
    ...[200, 422, 404, ...pass(2), 200, 200, ...pass(2)],
    ...[...Array<number>(6).fill(200), 422, ...Array<number>(4).fill(200)],
    "Expected undefined to equal 'passkey_refused'",
    ...[404, 404, 204, ...pass(9)],
  ]
  expect(outcomes.map(({ failures }) => failures[0])).toEqual(
    expected.map((one) => (typeof one === 'number' ? `Expected 401 to equal ${one}` : one)),
  )
})

test('the collection comes without a token', async () => {
  const { variables } = await readEnvironment()
  expect(variables.filter(({ key }) => /Token$|Cookie$/.test(key))).toEqual([
    { key: 'authToken', initialValue: '', currentValue: '', secret: false },
    { key: 'refreshToken', initialValue: '', currentValue: '', secret: false },
    { key: 'sessionCookie', initialValue: '', currentValue: '', secret: false },
    { key: 'loginToken', initialValue: '', currentValue: '', secret: false },
  ])
})

/** What each request shows: with the tokens of a user, who is named before it, and without a token. */
const SHOWN: [name: string, accepted: string, refused: string][] = [
  ['Login', 'gets a token', 'a failed login gets no token'],
  ['Authorised user content', 'reads the user content', 'the user content requires a token'],
  ['Admin User Content', '', 'the admin content requires a token'],
  ['JWKS', '', ''],
  ['API description', '', 'the API description requires no token'],
  ['Refresh', 'gets the next pair of tokens', 'a refresh without a token fails'],
  ['Sessions', 'gets a list of sessions, exactly one of them current', 'the sessions require a token'],
  ['Apps', 'has signed in to no app', 'the apps require a token'],
  [
    'Remove the access of an app',
    'cannot remove the access of an app that has none',
    'the removal requires a token',
  ],
  ['Change password', 'gets the rule that the new password breaks', 'the password change requires a token'],
  [
    'Change address',
    'gets the rule that the current password breaks',
    'the change of the address requires a token',
  ],
  ['Confirm address', '', 'the confirmation of an address requires a token'],
  ['Own data', 'gets the own data, without a hash', 'the own data require a token'],
  ['Own events', 'gets what happened, the newest first', 'the own events require a token'],
  [
    'Delete account',
    'gets the rule that the current password breaks',
    'the deletion of the account requires a token',
  ],
  ['End a session', 'gets 404 for an unknown session', 'ending a session requires a token'],
  ['Log out', '', 'the response to a logout is the same with and without a session'],
  ['Refresh after log out', '', 'after a logout the refresh token is invalid'],
  // With a session in a cookie.
  ['Login with a cookie', 'gets a session in a cookie', 'a failed login sets no cookie'],
  ['Refresh by the cookie', 'gets the next cookie', 'a refresh without a cookie fails'],
  ['Refresh from another site', '', 'a page of another site cannot use the cookie'],
  ['Log out by the cookie', '', 'a logout deletes the cookie, with and without a session'],
  // The user adds an app, signs in with it, and removes it. A passkey needs a browser.
  ['Login before adding a factor', 'gets a token by the password alone', 'a failed login gets no token'],
  ['Set up an app', 'gets a secret for an app', 'setting up an app requires a token'],
  ['Confirm the app', 'gets ten recovery codes', 'confirming an app requires a token'],
  [
    'Login with an app, first step',
    'gets a login token, and no access token',
    'a failed login gets no token',
  ],
  [
    'Login with an app, second step',
    'gets tokens by the code of the app',
    'a code without a login token gets no token',
  ],
  [
    'Login with a recovery code, first step',
    'gets a login token, and no access token',
    'a failed login gets no token',
  ],
  [
    'Login with a wrong recovery code',
    'gets no token by a wrong recovery code',
    'a recovery code without a login token gets no token',
  ],
  [
    'Login with a recovery code, second step',
    'gets tokens by a recovery code',
    'a recovery code without a login token gets no token',
  ],
  ['Replace the recovery codes', 'gets ten new recovery codes', 'new recovery codes require a token'],
  ['Passkeys', 'has no passkey', 'the passkeys require a token'],
  ['Options for a new passkey', 'gets options for a browser', 'options for a passkey require a token'],
  ['Add a made-up passkey', 'cannot add a made-up passkey', 'adding a passkey requires a token'],
  ['Rename a passkey', 'gets 404 for an unknown passkey', 'renaming a passkey requires a token'],
  [
    'Remove a passkey',
    'gets 404 for the removal of an unknown passkey',
    'removing a passkey requires a token',
  ],
  ['Remove the app', 'has no second factor', 'removing an app requires a token'],
  ['Options for a sign-in with a passkey', '', 'everybody gets options for a sign-in with a passkey'],
  ['Login with a made-up passkey', '', 'a made-up passkey gets no token'],
  ['Ask for a mail to enrol', '', 'a made-up enrolment token sends no mail'],
  ['Prove an enrolment', '', 'a made-up enrolment token proves nothing'],
  ['Cancel a reset of factors', '', 'a made-up link cancels no reset'],
  // Without reading a mail.
  ['Register', '', 'a registration is accepted'],
  ['Confirm registration', '', 'a made-up link creates no account'],
  ['Forgot password', '', 'a request for a new password is accepted, whether or not there is a user'],
  ['Reset password', '', 'a made-up link sets no password'],
]

/** What some requests show as a role. */
const SHOWN_AS: Record<string, (role: string) => string[]> = {
  'Admin User Content': (role) => [
    `${role} ${role === 'admin' ? 'reads' : 'may not read'} the admin content`,
  ],
  'Confirm address': (role) => [`a made-up link does not change the address of ${role}`],
  JWKS: () => [...OF_KEYS, 'the key that signed the token is one of them'],
}
const OF_KEYS = ['the public keys require no token', 'no key has a private member']

/** The outcomes of all requests, which pass. An empty role has no token. */
const passesAs = (role: string): Outcome[] =>
  SHOWN.map(([name, accepted, refused]) => {
    const asRole = SHOWN_AS[name]?.(role)
    const withoutToken = name === 'JWKS' ? OF_KEYS : [refused]
    const shown = asRole ?? (accepted ? [`${role} ${accepted}`] : [refused])
    return { request: `JWT demo/${name}`, tests: role ? shown : withoutToken, failures: [] }
  })

/** An access token, or a refresh token. */
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+|[\w-]{22}\.[\w-]{43}\./

/** Runs the collection by Hoppscotch's command line against the service under test. */
async function runCollection(changes: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'hoppscotch-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const environmentFile = join(folder, 'environment.json')
  const reportFile = join(folder, 'report.xml')
  const changed = changeEnvironment(await readEnvironment(), { baseUrl: serviceUrl, ...changes })
  await writeFile(environmentFile, JSON.stringify(changed))

  // Without this option the command line starts itself again, and reports a terminated run as a success.
  const args = ['--no-node-snapshot', hopp, 'test', '-e', environmentFile, '--reporter-junit', reportFile]
  const child = spawn(process.execPath, [...args, collection], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [[exitCode], complaints] = await Promise.all([once(child, 'close'), text(child.stderr)])
  const report = await readFile(reportFile, 'utf8').catch((error) => {
    throw new Error(`hopp ended with ${exitCode} and no report:\n${complaints}`, { cause: error })
  })
  // Reports are kept and passed around, and every expectation is written into them.
  expect(report).not.toMatch(TOKEN)
  return { exitCode, outcomes: readReport(report) }
}

async function readEnvironment(): Promise<Environment> {
  return JSON.parse(await readFile(environment, 'utf8'))
}

function changeEnvironment(from: Environment, values: Record<string, string>): Environment {
  const unknown = Object.keys(values).filter((name) => !from.variables.some(({ key }) => key === name))
  if (unknown.length > 0) throw new TypeError(`the environment has no variable ${unknown}`)
  const variables = from.variables.map((variable) => ({
    ...variable,
    initialValue: values[variable.key] ?? variable.initialValue,
  }))
  return { ...from, variables }
}

/** Reads the JUnit report: a suite is a request, and a case one expectation, called `test - expectation`. */
function readReport(xml: string): Outcome[] {
  return xml
    .split('<testsuite ')
    .slice(1)
    .map((suite) => ({
      request: /^name="([^"]*)"/.exec(suite)?.[1] ?? '',
      tests: [...new Set(Array.from(suite.matchAll(/<testcase name="(.*?) - /g), ([, name]) => name ?? ''))],
      failures: Array.from(
        suite.matchAll(/<failure [^>]*message="([^"]*)"/g),
        ([, message]) => message ?? '',
      ),
    }))
}
