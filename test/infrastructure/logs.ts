import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { vi } from 'vitest'
import type { Role } from '../../lib/application/roles.ts'
import { PROBLEMS } from '../../lib/errors.ts'
import { DECOY_HASH, hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { describePlaces } from '../drain/places.ts'
import { notSupported } from '../security/hashes/without-argon2.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { loadHandler, warmHandlers } from '../support/http/handlers.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import {
  describeService,
  mailOf,
  resourcesOf,
  root,
  tableOf,
  tokenSourceOf,
} from '../support/process/service-description.ts'
import { addTestUser } from '../support/users/users.ts'
import { runDevices } from './device-calls.ts'
import { runFactors } from './factor-calls.ts'
import { runFederation } from './federation-calls.ts'
import { runMails } from './mail-logs.ts'
import { runOAuth } from './oauth-calls.ts'
import { runOperators } from './operator-calls.ts'
import { runProofs } from './proof-calls.ts'
import { runProviders } from './provider-calls.ts'

export const service = describeService()

/** An object that a function logged. */
export interface Logged {
  functionKey: string
  level: string
  message: { event: string }
}

const LEVELS = { info: 'INFO', warn: 'WARN', error: 'ERROR' } as const

/**
 * Makes the functions log every event that they can log.
 *
 * Runs every sample event three times: as it is, during an outage of AWS, and with members that throw. Then provokes
 * too many failed passwords, an unusable hash, a missing argon2, a policy that demands a factor, a missing key, a repeated and a reused refresh
 * token, a give-back that fails, no API of data breaches, wrong codes of
 * an authenticator app, too many searches of an operator, an old place of passwords that is down, and what can become of a mail.
 *
 * @returns The logged objects, in the order of time.
 */
export async function logEverything(): Promise<Logged[]> {
  const logged: Logged[] = []
  // No window of a limit begins between two attempts that it counts.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const aws = await startLocalAws(resourcesOf(service), service.provider.region, mailOf(service))
  const usual = warmHandlers(service, aws)
  const run = async (
    functionKey: string,
    event: unknown,
    at: LocalAws,
    described = service,
  ): Promise<unknown> => {
    const isUsual = described === service && at === aws
    const handler = await (isUsual ? usual(functionKey) : loadHandler(described, functionKey, at))
    for (const [method, level] of Object.entries(LEVELS)) {
      const log = (message: Logged['message']) => void logged.push({ functionKey, level, message })
      vi.spyOn(console, method as keyof typeof LEVELS).mockImplementation(log)
    }
    // No pause between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    // The authorizer throws instead of returning a response.
    const response: unknown = await handler(event, lambdaContext()).catch(() => undefined)
    vi.restoreAllMocks()
    return response
  }

  const closed = new URL('http://127.0.0.1:9')
  const allClosed = { dynamodb: closed, kms: closed, ses: closed, lambda: closed }
  const outage = { ...aws, settings: { ...aws.settings, endpoints: allClosed } }
  const fill = (name: string) => fillTokens(sampleEvent(name), tokenSourceOf(service, aws), new Date())

  for (const [name, { functionKey }] of Object.entries(SAMPLES)) {
    const event = await fill(name)
    await run(functionKey, event, aws)
    await run(functionKey, event, outage)
    await run(functionKey, poisoned(event), aws)
  }

  // The last sample deleted this user.
  const passwordHash = await hashPassword('admin', Buffer.alloc(SALT_BYTES))
  await addTestUser(tableOf(service, aws), { username: 'admin', passwordHash })

  const login = sampleEvent('login')
  const guess = JSON.stringify({ username: 'guessed', password: 'a guess' })
  for (let count = 0; count < 11; count += 1) await run('login', { ...login, body: guess }, aws)

  await addTestUser(tableOf(service, aws), { username: 'unusable', passwordHash: '$argon2id$none' })
  await run('login', { ...login, body: guess.replace('guessed', 'unusable') }, aws)

  await addTestUser(tableOf(service, aws), { username: 'former', role: 'formerly' as Role })
  await run('login', { ...login, body: guess.replace('guessed', 'former') }, aws)

  const proxy = await startProxy(aws.settings.endpoints.dynamodb)
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxy.url }
  proxy.inject({ operation: 'UpdateItem', text: 'DELETE ids', say: deny })
  await run('login', sampleEvent('POST /login admin'), { ...aws, settings: { ...aws.settings, endpoints } })
  proxy.close()

  vi.doMock('node:crypto', async (original) => ({ ...(await original<object>()), argon2Sync: notSupported }))
  await run('login', { ...login, body: JSON.stringify({ username: 'admin', password: 'admin' }) }, aws, {
    ...service,
  })
  vi.doUnmock('node:crypto')

  const demanding = { ...service.functions.login?.environment, REQUIRE_SECOND_FACTOR: 'all' }
  const underPolicy = service.functions.login
    ? { login: { ...service.functions.login, environment: demanding } }
    : {}
  const ofAdmin = { ...login, body: JSON.stringify({ username: 'admin', password: 'admin' }) }
  await run('login', ofAdmin, aws, { ...service, functions: underPolicy })

  const { metadata } = service.functions
  const published = { ...metadata?.environment, PUBLISHED_KEYS: `${service.custom.auth.keyA},alias/none` }
  const withoutKey = {
    ...service,
    functions: metadata ? { metadata: { ...metadata, environment: published } } : {},
  }
  await run('metadata', sampleEvent('GET /.well-known/jwks.json'), aws, withoutKey)

  const { password } = service.functions
  const unreachable = { ...password?.environment, BREACHED_PASSWORDS: closed.href }
  const checking = password ? { password: { ...password, environment: unreachable } } : {}
  // The sample event of `reset` has set it.
  const change = { currentPassword: 'correct horse battery staple', newPassword: 'a newer one than that' }
  const event = { ...(await fill('password')), body: JSON.stringify(change) }
  const refused = { ...change, currentPassword: 'not the password' }
  await run('password', { ...event, body: JSON.stringify(refused) }, aws)
  await run('password', event, aws, { ...service, functions: checking })

  await runFactors((functionKey, event) => run(functionKey, event, aws), tableOf(service, aws))
  await runFederation((functionKey, event) => run(functionKey, event, aws), tableOf(service, aws))
  const { PUBLIC_URL = '' } = service.functions.federation?.environment ?? {}
  await runProviders((key, event) => run(key, event, aws), tableOf(service, aws), new URL(PUBLIC_URL).origin)
  const operators = (functionKey: string, event: unknown) => run(functionKey, event, aws)
  await runOperators(operators, tableOf(service, aws), tokenSourceOf(service, aws))
  await runMails(run, aws)
  await runProofs((functionKey, event) => run(functionKey, event, aws), tableOf(service, aws))
  await runOAuth((functionKey, event) => run(functionKey, event, aws), tableOf(service, aws))
  await runDevices((functionKey, event) => run(functionKey, event, aws), tableOf(service, aws))

  const unreadable = { eventName: 'INSERT', dynamodb: { NewImage: { type: { S: 'user.created' } } } }
  await run('publish-event', { Records: [unreadable] }, aws)

  await runOldPlace(run, aws)
  // The template of these tests has no old place. `drain` would share the log group of `login`.
  for (const one of logged) if (one.functionKey === 'drain') one.functionKey = 'login'

  const refresh = await fill('refresh')
  await run('refresh', refresh, aws)
  await run('refresh', refresh, aws)
  vi.setSystemTime(Date.now() + 11_000)
  await run('refresh', refresh, aws)
  vi.useRealTimers()

  aws.stop()
  return logged
}

/** Asks an old place of passwords that is down, and signs a user in whose password an old place knows. */
async function runOldPlace(
  run: (functionKey: string, event: unknown, at: LocalAws, described: typeof service) => Promise<unknown>,
  aws: LocalAws,
): Promise<void> {
  const { drain = { handler: '' }, login = { handler: '' } } = describePlaces().pool.functions
  const silent = { ...drain.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }
  const question = { id: 'old', username: 'old', password: 'old' }
  await run('drain', question, aws, {
    ...service,
    functions: { drain: { ...drain, environment: silent } },
  })

  const unmoved = { passwordHash: DECOY_HASH, passwordFrom: 'old', externalId: 'old' }
  await addTestUser(tableOf(service, aws), { username: 'unmoved', ...unmoved })
  const lambda = await startProxy(aws.settings.endpoints.lambda)
  lambda.inject({ operation: 'undefined', say: (response) => response.end('{"verdict":"correct"}') })
  const settings = { ...aws.settings, endpoints: { ...aws.settings.endpoints, lambda: lambda.url } }
  const body = JSON.stringify({ username: 'unmoved', password: 'old' })
  const event = { ...sampleEvent('login'), body }
  await run('login', event, { ...aws, settings }, { ...service, functions: { login } })
  lambda.close()
}

const deny = (response: ServerResponse) =>
  response.writeHead(400).end('{"__type":"AccessDeniedException","message":"not allowed"}')

/** Returns an event whose members throw when a function reads them. */
function poisoned(event: object): object {
  const throwing = {
    get: () => {
      throw new TypeError('on purpose')
    },
  }
  const members = ['body', 'requestContext', 'pathParameters', 'authorizationToken']
  return Object.defineProperties({ ...event }, Object.fromEntries(members.map((name) => [name, throwing])))
}

/**
 * Returns the record that Lambda writes for a logged object in the log format JSON, as `formatJsonMessage` does in
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client.
 */
export const recordOf = ({ level, message }: Logged): unknown =>
  JSON.parse(JSON.stringify({ timestamp: new Date().toISOString(), level, requestId: randomUUID(), message }))

const AN_EVENT = /\bevent(?::| =) '([\w.]+)'/g

/** Returns the names of all events in the code. */
export function eventNames(): string[] {
  const files = globSync('{lib,functions}/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
  const named = files.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(AN_EVENT)].map(([, name = '']) => name),
  )
  return [...new Set([...named, ...Object.values(PROBLEMS).flatMap(([, , event]) => event ?? [])])]
}
