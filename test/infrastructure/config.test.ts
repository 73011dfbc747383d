import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { SETTINGS } from '../../lib/config.ts'
import { inEnvironment } from '../support/http/handlers.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { describeService, root } from '../support/process/service-description.ts'

const service = describeService()
const codeOf = (file: string) => readFileSync(join(root, file), 'utf8')

const FUNCTIONS = Object.entries(service.functions).map(([key, { handler, environment = {} }]) => ({
  key,
  file: handler.replace(/\.handler$/, '.ts'),
  names: Object.keys(environment)
    .filter((name) => !['AUTH_ROLES', 'AUTH_TAKES_ACTS', 'ACT_AS_ORIGINS'].includes(name))
    .sort(),
}))
/**
 * Settings that a function reads and need not have. Without a list, `apiHandler` reads the first two, and `principalOf` the next two. The
 * authorizer has the last if the project has an HTTP API.
 */
const READ_ALONE = [
  'AUTH_ALLOWED_ORIGINS',
  'COOKIE_SESSIONS',
  'AUTH_ROLES',
  'AUTH_TAKES_ACTS',
  'HTTP_API_ROUTES',
]

/** Settings that may be empty. */
const OPTIONAL = [
  'MAILER',
  'ALLOWED_EMAIL_DOMAINS',
  'AUTH_ALLOWED_ORIGINS',
  'API_SCOPES',
  'CLIENT_METADATA_HOSTS',
  'OWN_ROUTES',
  'FEDERATION',
  'DEVICE_BOUND_SESSIONS',
  // Functions have it with mailSignIn=on only.
  'MAIL_SIGN_IN',
  // A deployment has validated both.
  'EVENT_BUS',
  'EVENT_TYPES',
]

/** Loads a function's source in fresh modules. */
async function load(file: string) {
  vi.resetModules()
  return (await import(/* @vite-ignore */ join(root, file))).handler
}

/** Runs a step, which may fail. Returns the settings that it read, but those of AWS. */
async function settingsReadBy(step: () => Promise<unknown>): Promise<string[]> {
  const read = new Set<string>()
  const { env } = process
  process.env = new Proxy(env, {
    get: (target, name) => {
      const isSetting = name in SETTINGS || /^(FEDERATION|DEVICE_BOUND_SESSIONS)$|^EVENT_/.test(String(name))
      if (isSetting && !String(name).startsWith('AWS_')) read.add(String(name))
      return Reflect.get(target, name)
    },
  })
  await Promise.allSettled([step()])
  process.env = env
  return [...read].sort()
}

let error: MockInstance<typeof console.error>
beforeEach(() => {
  error = vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(FUNCTIONS)('$key', ({ key, file, names }) => {
  test('reads no setting while it is imported', async () => {
    expect(await settingsReadBy(() => load(file))).toEqual([])
  })

  test('reads exactly the settings that it is given, and without them fails and logs the name of each', async () => {
    const empty = Object.fromEntries(names.map((name) => [name, '']))
    const handler = inEnvironment(empty, await load(file))
    let outcome: unknown
    const read = await settingsReadBy(async () => {
      outcome = handler(sampleEvent(key), lambdaContext())
      await outcome
    })
    expect(read.filter((name) => names.includes(name) || !READ_ALONE.includes(name))).toEqual(names)

    const missing = names.filter((name) => !OPTIONAL.includes(name))
    if (missing.length === 0) return expect(error.mock.calls).toEqual([])
    if (['authorizer', 'mailer', 'fetch-client', 'publish-event'].includes(key))
      await expect(outcome).rejects.toThrow('Invalid configuration')
    else expect(await outcome).toMatchObject({ statusCode: 500 })
    expect(error.mock.calls).toEqual([
      [
        {
          event: 'request.crashed',
          code: 'internal',
          reason: 'unexpected error',
          cause: expect.stringMatching(/^Error: Invalid configuration: /),
        },
      ],
    ])
    // The first line; the rest is where it was thrown.
    const [message = ''] = String(error.mock.calls[0]?.[0].cause).split('\n')
    const faults = message.replace('Error: Invalid configuration: ', '').split('; ')
    expect(faults.sort()).toEqual(missing.map((name) => `${name} is missing`))
  })
})

test('every function gets AUTH_ALLOWED_ORIGINS, which apiHandler reads', () => {
  for (const { environment } of Object.values(service.functions)) {
    expect(environment).toHaveProperty('AUTH_ALLOWED_ORIGINS')
  }
  expect(codeOf('lib/http/handler.ts')).toContain('readAllowedOrigins()')
})

test('a function with roles gets AUTH_ROLES, which principalOf reads', () => {
  expect(service.functions['admin-content']?.environment).toEqual({
    AUTH_ALLOWED_ORIGINS: '*',
    AUTH_ROLES: 'admin',
  })
  expect(codeOf('lib/authorization/principal.ts')).toContain('readRoles()')
})

/** What functions with `authEvent` call, which have no request. */
const OF_EVENTS = ['lib/mail/own-mail.ts', 'lib/users/of-event.ts']

test('in lib/, tableHandler and what functions of events call read settings, and lib/aws/ those of AWS', () => {
  const files = globSync('lib/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', 'lib/config.ts'] })
  const readers = files.filter((file) =>
    /\bread(?:Config|Settings)[(<]/.test(codeOf(file).replace(/^ \*.*/gm, '')),
  )
  const ofHandlers = ['lib/http/table.ts']
  expect(readers.sort()).toEqual(
    [...OF_EVENTS, ...ofHandlers, 'lib/aws/operator.ts', 'lib/aws/settings.ts'].sort(),
  )
  const ofAws = codeOf('lib/aws/settings.ts').match(/\bAWS_\w+/g) ?? []
  const isOfAws = (name: string) => name.startsWith('AWS_')
  expect([...new Set(ofAws)].sort()).toEqual(Object.keys(SETTINGS).filter(isOfAws).sort())
})
