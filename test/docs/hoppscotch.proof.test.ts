import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { rowOf, STEPS } from '../../examples/hoppscotch/collection.ts'
import { expectedStatus, outcomeOf } from '../../examples/hoppscotch/script.ts'
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
  ['without a token every request passes', { password: 'wrong', role: '' }, ''],
])('%s', async (_what, changes, role) => {
  expect(await runCollection(changes)).toEqual({ exitCode: 0, outcomes: passesAs(role) })
})

test('the collection fails when the demo user is said to be an admin', async () => {
  const { exitCode, outcomes } = await runCollection({ role: 'admin' })
  expect(exitCode).toBe(1)
  const failed = outcomes.filter(({ failures }) => failures.length > 0)
  expect(Object.fromEntries(failed.map(({ request, failures }) => [request, failures[0]]))).toEqual({
    'JWT demo/Authorised user content': expect.stringContaining("role: 'user'"),
    'JWT demo/Admin User Content': 'Expected 403 to equal 200',
    'JWT demo/Own data': "Expected 'user' to equal 'admin'",
    'JWT demo/User info by GET': "Expected 'user' to equal 'admin'",
    'JWT demo/User info by POST': "Expected 'user' to equal 'admin'",
  })
})

test.each([
  ['accepted that was to be refused', { role: '' }, 'user', ''],
  ['refused that was to be accepted', { password: 'wrong' }, '', 'user'],
])('the collection fails when a login is %s', async (_what, changes, is, said) => {
  const { exitCode, outcomes } = await runCollection(changes)
  expect(exitCode).toBe(1)
  expect(outcomes.map(({ failures }) => failures[0])).toEqual(
    STEPS.map((step) => {
      const [got, expected] = [is, said].map((role) => expectedStatus(outcomeOf(step, role), rowOf(step)))
      // Its problem has another detail than that of a missing token.
      if (step.name === 'Add a made-up passkey') return expect.stringContaining("title: 'Unauthorized'")
      return got === expected ? undefined : `Expected ${got} to equal ${expected}`
    }),
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

/** The outcomes of all requests, which pass. An empty role has no token. */
const passesAs = (role: string): Outcome[] =>
  STEPS.map((step) => {
    const { title } = outcomeOf(step, role)
    const test = role && !step.always ? `${role} ${title}` : title
    return { request: `JWT demo/${step.name}`, tests: [test], failures: [] }
  })

/** An access token, or a refresh token. */
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+|[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\./

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
