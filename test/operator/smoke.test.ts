import '../support/process/real-argon2.ts'
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { text } from '../../lib/aws/dynamodb.ts'
import { operatorClient } from '../../lib/aws/operator.ts'
import { allItems } from '../../lib/aws/pages.ts'
import type { Io } from '../../scripts/cli/io.ts'
import { program } from '../../scripts/cli/run.ts'
import { CHECKS } from '../../scripts/smoke/checks/checks.ts'
import { smokeCommand } from '../../scripts/smoke/command.ts'
import { smoke } from '../../scripts/smoke/smoke.ts'
import { findTarget } from '../../scripts/smoke/target.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { begin, beginInProcess, type Outcome, refusal } from '../support/process/command.ts'
import { root } from '../support/process/service-description.ts'
import { proof, rowsOf } from '../support/rows.ts'
import { asOperator } from '../support/users/users.ts'
import { type LogRecord, startAccount } from './smoke/account.ts'
import { BROKEN } from './smoke/faults.ts'
import { type Fault, startFaultyService } from './smoke/proxy.ts'

const endpoint = new URL(inject('dynamoDbUrl'))
const GROUP = '/aws/lambda/serverless-jwt-auth-dev-auth-functions'

/** Streams as Lambda names them. */
const streamOf = (end: string) => `2026/11/28/serverless-jwt-auth-dev-auth-${end}`
const [EARLIER, WARM] = [streamOf('login[$LATEST]0'), streamOf('login[$LATEST]1')]
const table = {
  aws: operatorClient({
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoints: { dynamodb: endpoint, lambda: endpoint },
  }),
  name: 'serverless-jwt-auth-dev-auth',
}

let service: Awaited<ReturnType<typeof startFaultyService>>
let account: Awaited<ReturnType<typeof startAccount>>
const FALLBACK = '{"level":"ERROR","message":{"event":"argon2.fallback"}}'
/** Returns the records in a log group, or `undefined` if the operator may not read it. */
let logOf: (group: string) => LogRecord[] | undefined

/** Outputs of the stack in addition. */
let outputs: Record<string, string> = {}

beforeAll(async () => {
  service = await startFaultyService(inject('serviceUrl'))
  account = await startAccount(
    () => ({
      ServiceEndpoint: service.url,
      RpOrigins: `${inject('serviceUrl')},https://app.example`,
      ...outputs,
    }),
    (group) => logOf(group),
  )
})
afterAll(() => {
  service.stop()
  account.stop()
})
beforeEach(() => {
  service.breakBy({})
  logOf = usualLogOf
  outputs = {}
})
afterEach(async () => {
  expect(await leftovers()).toEqual([])
})

/** Removes a user as a warning of the command says. */
async function removeUser(username: string): Promise<void> {
  const args = ['remove', username, '--yes', '--local', '--endpoint', endpoint.origin]
  expect(await beginInProcess(usersCommand, args).outcome).toMatchObject({
    status: 0,
    stdout: `Removed ${username}.\n`,
  })
}

/** What DynamoDB deletes within days of its expiry: login tokens, challenges, codes and mails live for an hour at most, a count for a day. */
const EXPIRING = /^(approvals|login|challenge|code|mail|fetches)#/

const local = () => ['--local', '--url', service.url, '--endpoint', endpoint.origin]
const stage = ['--stage', 'dev', '--region', 'eu-central-1']
const environment = () => ({
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_ENDPOINT_URL: account.url,
  AWS_ENDPOINT_URL_DYNAMODB: endpoint.origin,
  // The local service has Lambda at the same address.
  AWS_ENDPOINT_URL_LAMBDA: endpoint.origin,
})

const run = (args: string[], env = {}) => beginInProcess(smokeCommand, args, env).outcome

/** Runs the checks without a wait for the log, on the stage `dev`. A cold function of a busy machine needs seconds for a response. */
const runImpatiently = (limits = { responseMs: 10_000, logMs: 0, mailMs: 30_000 }) =>
  beginInProcess(
    (io: Io) =>
      program('smoke', '', io).action(async () =>
        smoke(await findTarget({ stage: 'dev', region: 'eu-central-1' }, io, []), io, limits),
      ),
    [],
    environment(),
  ).outcome

/** Replaces what differs each time. Output must contain no password and no token. */
function linesOf({ stdout }: Outcome): string[] {
  expect([...service.secrets].filter((secret) => stdout.includes(secret))).toEqual([])
  return stdout
    .replaceAll(service.url, 'URL')
    .replaceAll(inject('serviceUrl'), 'ISSUER')
    .replace(/smoke-[0-9a-f]{16}/g, 'smoke-…')
    .replace(/ +\d+ ms {2}/g, ' ')
    .replace(/^skipped +/gm, 'skipped ')
    .trimEnd()
    .split('\n')
}

const NAMES = Object.keys(CHECKS)

/** The last line of a run with failures. */
const failures = (failed: number, skipped: number) =>
  `${failed} of ${NAMES.length} checks failed. ${skipped} skipped.\n`

/** The lines of a run, of which only some checks did not pass. */
const linesWith = (others: Record<string, string>) => {
  expect(Object.keys(others).filter((name) => !NAMES.includes(name))).toEqual([])
  return ['Testing URL as smoke-….', ...NAMES.map((name) => others[name] ?? `ok ${name}`)]
}

describe('npm run smoke', () => {
  proof('passes all checks but that of the log on the local service', async () => {
    const outcome = await run(local())
    expect({ ...outcome, stdout: linesOf(outcome) }).toEqual({
      status: 0,
      stdout: [
        ...linesWith({ 'native argon2': 'skipped native argon2: the local service has no log on AWS' }),
        `${NAMES.length - 1} checks passed. 1 skipped. The user was removed.`,
      ],
      stderr: '',
    })
  })

  test('passes all checks on a stage, as DEPLOYING.md shows', async () => {
    const outcome = await run(stage, environment())
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    const lines = linesOf(outcome)
    expect(lines).toEqual([...linesWith({}), `${NAMES.length} checks passed. The user was removed.`])
    const page = readFileSync(`${root}/docs/DEPLOYING.md`, 'utf8')
    const [, shown = ''] = /^\$ npm run --silent smoke .*\n([^$`]*)/m.exec(page) ?? []
    // The page shows the beginning and the end.
    const [begin = [], end = []] = shown
      .replace(/https:\S+\/prod/, service.url)
      .split('…\n')
      .map((stdout) => linesOf({ status: 0, stdout, stderr: '' }))
    expect([begin.length > 2, end.length > 0]).toEqual([true, true])
    expect([...begin, ...end]).toEqual([...lines.slice(0, begin.length), ...lines.slice(-end.length)])
  })

  // The local DynamoDB has no streams. test/aws/event-bus.test.ts has those of a table that was replaced.
  test('fails with an event bus, if the table of events has no stream', async () => {
    outputs = { EventsStream: 'arn:aws:dynamodb:eu-central-1:123456789012:table/events/stream/1' }
    const outcome = await run(stage, environment())
    expect(outcome).toMatchObject({
      status: 1,
      stderr: `1 of ${NAMES.length + 1} checks failed.\n`,
      stdout: expect.stringMatching(
        /^failed +\d+ ms {2}stream of the events: expected the stream arn:.*\/stream\/1, which publish-event reads, got none\. No event leaves: deploy with eventBus=off, and then with its value$/m,
      ),
    })
  })

  proof('ends with 130 at Ctrl-C, and removes the user', async () => {
    service.breakBy({ 'GET /openapi.json 1': 'hold' })
    const { child, outcome } = begin('scripts/smoke.ts', local())
    await service.receives('GET /openapi.json')
    child.kill('SIGINT')
    expect(await outcome).toMatchObject({
      status: 130,
      stdout: expect.stringMatching(/^Testing .*\nok .* public keys\nok .* metadata\n$/),
      stderr: 'Interrupted. The user was removed.\n',
    })
  })

  proof('removes the user when a reader closes the pipe early', async () => {
    const { child, outcome } = begin('scripts/smoke.ts', local())
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await outcome).toMatchObject({ status: 130, stderr: 'Interrupted. The user was removed.\n' })
  })

  /** Runs the checks on a store that does something else at some transactions: the first creates the user. */
  const runWith = (
    transact: (count: number, made: () => Promise<object>, input: string) => Promise<object>,
  ) => {
    let transactions = 0
    const aws: typeof table.aws = async (...call) => {
      const [, operation, input] = call
      const made = () => table.aws(...call)
      const write = () => transact(++transactions, made, JSON.stringify(input))
      return { ...(await (operation === 'TransactWriteItems' ? write() : made())) }
    }
    const target = { url: service.url, table: asOperator({ ...table, aws }), option: '--local' }
    const command = (io: Io) => program('smoke', '', io).action(() => smoke(target, io))
    return beginInProcess(command, []).outcome
  }

  /** The transactions before it store the user and the API. */
  const STORING_THE_CLIENT = 3

  /** Returns the user that a warning names. */
  function warnedOf({ status, stderr }: Outcome, reason: string): string {
    const [, username = ''] = /^User (smoke-\w+) may still exist/.exec(stderr) ?? []
    const next = `Remove it: npm run users -- remove ${username} --local`
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: `User ${username} may still exist. ${next}. Reason: Failed: ${reason}.\n`,
    })
    return username
  }

  test('names the user if it cannot be removed', async () => {
    service.breakBy({ 'DELETE /me 1': 'close' })
    const outcome = await runWith(async (count, made) => {
      if (count > 1) throw new Error('the table is gone')
      return await made()
    })
    const username = warnedOf(outcome, 'the table is gone')
    await removeUser(username)
  })

  proof('names the user if it may be created after the removal', async () => {
    let late = async () => ({})
    const outcome = await runWith(async (_, made) => {
      late = made
      throw new Error('no response')
    })
    const username = warnedOf(outcome, 'no response')
    await late()
    await removeUser(username)
  })

  proof('removes a user with an app and a passkey, who could not delete the account', async () => {
    service.breakBy({ 'DELETE /me 1': 'close' })
    expect(await run(local())).toMatchObject({ status: 1, stderr: failures(1, 1) })
  })

  proof('removes a user whose creation lost its response', async () => {
    const outcome = await runWith(async (count, made) => {
      const output = await made()
      if (count === 1) throw new Error('no response')
      return output
    })
    expect(outcome).toEqual(refusal(3, 'Failed: no response.'))
  })

  test('skips the client if the service has oauth=off', async () => {
    const without: Fault = (response) => {
      const { token_endpoint: _, ...metadata } = JSON.parse(response.body)
      return { ...response, body: JSON.stringify(metadata) }
    }
    service.breakBy({ 'GET /.well-known/openid-configuration 1': without })
    const outcome = await run(local())
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    const lines = linesOf(outcome)
    expect(lines).toContain('skipped new client: the service has oauth=off')
    expect(lines.at(-1)).toBe(`${NAMES.length - 16} checks passed. 16 skipped. The user was removed.`)
  })

  test('takes /me for the content that another project does not have', async () => {
    const without: Fault = (response) => {
      const { paths, ...document } = JSON.parse(response.body)
      const { '/': _, '/admin': __, ...others } = paths
      return { ...response, body: JSON.stringify({ ...document, paths: others }) }
    }
    service.breakBy({
      'GET /openapi.json 1': without,
      'GET / 1': 'close',
      'GET /me 3': (response) => ({ ...response, status: 200 }),
    })
    const outcome = await run(local())
    expect(outcome).toMatchObject({ status: 1, stderr: failures(1, 2) })
    const lines = linesOf(outcome)
    expect(lines).toContain('skipped 403 for a user at /admin: GET /admin is not the content of this service')
    expect(lines).toContain('failed 401 for a changed token: expected status 401, got 200')
  })

  /** Expects the warning that a client may still exist, in addition to those lines of failed checks. */
  function expectWarnedOfClient({ status, stderr }: Outcome, reason: string): void {
    const [, id = ''] = /^Client (smoke-\w+\.client) may still exist/.exec(stderr) ?? []
    const next = `Remove it: npm run clients -- remove ${id} --local`
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: `Client ${id} may still exist. ${next}. Reason: Failed: ${reason}.\n`,
    })
  }

  test('names the client if it cannot be removed', async () => {
    let first: string | undefined
    let removal = async () => ({})
    const outcome = await runWith(async (_, made, input) => {
      // Of the first client.
      const isRemoval =
        /^\{"TransactItems":\[\{"Delete":\{"TableName":"[\w-]+","Key":\{"pk":\{"S":"client#/.test(input)
      const [, id] = /"client#(smoke-\w+\.client)"/.exec(input) ?? []
      first ??= id
      if (!isRemoval || id !== first) return await made()
      removal = made
      throw new Error('the table is gone')
    })
    expectWarnedOfClient(outcome, 'the table is gone')
    await removal()
  })

  proof('names the client if it may be created after the removal', async () => {
    const outcome = await runWith(async (count, made) => {
      if (count === STORING_THE_CLIENT) throw new Error('no response')
      return await made()
    })
    expectWarnedOfClient(outcome, 'there was no response to its creation')
  })

  proof('removes a client whose creation lost its response', async () => {
    const outcome = await runWith(async (count, made) => {
      const output = await made()
      if (count === STORING_THE_CLIENT) throw new Error('no response')
      return output
    })
    expect(outcome).toMatchObject({ status: 1, stderr: failures(1, 15) })
  })

  test.each([
    [
      'no target',
      [],
      'Missing target. Use --local or --stage NAME after the double dash: npm run smoke -- --stage NAME',
    ],
    [
      'a stage that npm took for itself',
      ['prod'],
      'Missing target. Use --local or --stage NAME after the double dash: npm run smoke -- --stage NAME',
    ],
    ['two targets', ['--local', '--stage', 'dev'], 'Use either --stage NAME or --local, not both.'],
    [
      'plain HTTP to another machine',
      ['--stage', 'dev', '--url', 'http://auth.example.com'],
      'Invalid --url. Use https, or http on this machine.',
    ],
    [
      'an address that is none',
      ['--local', '--url', 'auth.example.com'],
      'Invalid --url. Use https, or http on this machine.',
    ],
  ])('refuses %s', async (_, args, line) => {
    expect(await run(args, environment())).toEqual(refusal(2, line))
  })

  test('refuses a stage that does not exist', async () => {
    expect(await run(['--stage', 'other', '--region', 'eu-central-1'], environment())).toEqual(
      refusal(1, 'Stage other does not exist in eu-central-1.'),
    )
  })
})

/** What each check needs. One that needs two others names the first of them. */
const NEEDS: Record<string, string[]> = {
  'signature of the access token': ['sign-in', 'public keys'],
  'issuer of the access token': ['sign-in', 'metadata'],
  'user content': ['sign-in'],
  '401 for a changed token': ['sign-in'],
  '403 for a user at /admin': ['sign-in'],
  'second sign-in in the same place': ['sign-in'],
  'sign-in with an older token': ['sign-in'],
  'request with Origin': ['sign-in'],
  'userinfo of the user': ['sign-in'],
  'events of the user': ['sign-in'],
  mail: ['API description'],
  'new authenticator app': ['sign-in'],
  'sign-in with the app': ['new authenticator app'],
  'new passkey': ['sign-in with the app'],
  'sign-in with the passkey': ['new passkey'],
  'passkey as second factor': ['new passkey', 'sign-in with the passkey'],
  'new name of the passkey': ['sign-in with the passkey'],
  'factors, sessions and passkeys of the user': ['sign-in with the passkey'],
  'new client': ['metadata'],
  'sign-in at the client': ['new client', 'new passkey'],
  'tokens of the client': ['sign-in at the client', 'public keys'],
  'refresh of the client': ['tokens of the client'],
  'userinfo of the client': ['tokens of the client'],
  'lasting access of the client': ['new client', 'sign-in at the client', 'public keys'],
  'second sign-in at the client': ['new client', 'sign-in at the client', 'tokens of the client'],
  'revoked app on a device': ['sign-in at the client', 'sign-in with the passkey'],
  'token of a machine': ['new client', 'public keys'],
  'app without a document': ['sign-in at the client'],
  'end of a session with an app': ['tokens of the client', 'sign-in with the passkey'],
  'older token of a session at refresh': ['tokens of the client'],
  'older token of a session at logout': ['tokens of the client'],
  'sign-out at the client': ['tokens of the client'],
  'removal of the client': ['tokens of the client'],
  'second account': ['API description'],
  'new password by mail': ['API description', 'second account'],
  'enrolment with an app': ['second account'],
  'new password': ['second account'],
  'new address': ['API description', 'second account'],
  'new recovery codes': ['second account'],
  'sign-in with a recovery code in a new place': ['second account'],
  'removal of the app': ['second account'],
  'enrolment with a passkey': ['second account'],
  'sign-in with the passkey in a new place': ['second account'],
  'cancelled reset of the factors': ['API description', 'second account'],
  'elapsed reset of the factors': ['second account'],
  'end of all sessions': ['enrolment with an app'],
  refresh: ['sign-in'],
  logout: ['sign-in'],
  '401 for a refresh after the logout': ['sign-in'],
  'deletion of the account': ['sign-in with the app'],
  'native argon2': ['sign-in'],
}

/** Returns the lines of a run in which some checks fail, and the last line on standard error. */
function failedWith(reasons: Record<string, string>) {
  const missing = new Set(Object.keys(reasons))
  const skipped: [string, string][] = []
  for (const name of NAMES) {
    const needed = NEEDS[name]?.find((one) => missing.has(one))
    if (needed === undefined) continue
    missing.add(name)
    skipped.push([name, `skipped ${name}: needs ${needed}`])
  }
  const failed = Object.entries(reasons).map(([name, reason]) => [name, `failed ${name}: ${reason}`])
  const rest = skipped.length > 0 ? ` ${skipped.length} skipped.` : ''
  return {
    status: 1,
    stdout: linesWith(Object.fromEntries([...skipped, ...failed])),
    stderr: `${failed.length} of ${NAMES.length} checks failed.${rest}\n`,
  }
}

describe('npm run smoke against a broken service', () => {
  test.each(rowsOf(BROKEN))('names each check that fails, for wrong %s', async (what, faults) => {
    service.breakBy(Object.fromEntries(faults.map(([request, fault]) => [request, fault])))
    const outcome = await runImpatiently()
    const reasons = Object.fromEntries(faults.map(([, , check, reason]) => [check, reason]))
    expect({ ...outcome, stdout: linesOf(outcome) }).toEqual(failedWith(reasons))
    console.log(`${faults.length} faults of ${what}`)
  })

  proof('fails every check that sends a request when the port is closed', async () => {
    const closed = await startFaultyService(inject('serviceUrl'))
    closed.stop()
    const outcome = await run(['--local', '--url', closed.url, '--endpoint', endpoint.origin])
    const sending = NAMES.filter((name) => NEEDS[name] === undefined)
    const refused = failedWith(Object.fromEntries(sending.map((name) => [name, 'no response: ECONNREFUSED'])))
    const stdout = linesOf({ ...outcome, stdout: outcome.stdout.replace(closed.url, service.url) })
    expect({ ...outcome, stdout }).toEqual(refused)
  })

  proof('prints no token that an error repeats', async () => {
    service.breakBy({ 'POST /login 1': (response) => ({ ...response, status: 500 }) })
    const outcome = await runImpatiently()
    expect(linesOf(outcome)).toContainEqual(
      expect.stringMatching(
        /^failed sign-in: expected status 200, got 500 with \{"authToken":"<hidden>\.<hidden>/,
      ),
    )
  })

  test('fails if the instance that served the sign-in had logged argon2.fallback', async () => {
    const ofSignIns = logOf
    logOf = (group) => [{ stream: WARM, message: FALLBACK }, ...(ofSignIns(group) ?? [])]
    const outcome = await runImpatiently()
    const reason = `expected argon2 of Node.js, got argon2.fallback in ${GROUP}, stream ${WARM}`
    expect({ ...outcome, stdout: linesOf(outcome) }).toEqual(failedWith({ 'native argon2': reason }))
  })

  proof('fails if the record of the sign-in does not arrive in the log', async () => {
    logOf = () => []
    const outcome = await runImpatiently()
    const reason = `expected a record of smoke-… in ${GROUP}, got none within 0 s`
    expect({ ...outcome, stdout: linesOf(outcome) }).toEqual(failedWith({ 'native argon2': reason }))
  })

  proof('fails if the operator may not read the log', async () => {
    logOf = () => undefined
    const outcome = await runImpatiently()
    const reason = 'User: ada is not authorized to perform: logs:FilterLogEvents'
    expect({ ...outcome, stdout: linesOf(outcome) }).toEqual(failedWith({ 'native argon2': reason }))
  })
})

/** Returns the log of two instances: an earlier one without native argon2, and the one that serves all sign-ins. */
function usualLogOf(group: string): LogRecord[] {
  if (group !== GROUP) return []
  const signIns = service.userIds.map((userId) => `{"event":"login.accepted","userId":"${userId}"}`)
  return [
    { stream: EARLIER, message: FALLBACK },
    // Another function knows the user too, and its instance has no native argon2.
    ...[FALLBACK, ...signIns].map((message) => ({ stream: streamOf('login-factor[$LATEST]0'), message })),
    ...signIns.map((message) => ({ stream: WARM, message })),
  ]
}

/** Returns what the table holds of the users of the tests, without what expires. */
async function leftovers() {
  const items = await allItems(table, 'Scan', {})
  const marks = ['smoke-', ...service.userIds]
  return items.filter(
    (item) =>
      marks.some((mark) => JSON.stringify(item).includes(mark)) &&
      !(EXPIRING.test(text(item, 'pk')) && 'expiresAt' in item),
  )
}
