import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SETTINGS } from '../../lib/config.ts'
import * as settings from '../../lib/settings.ts'
import { inEnvironment } from '../support/handlers.ts'
import { lambdaContext, sampleEvent } from '../support/lambda.ts'
import { describeService, root } from '../support/service-description.ts'

const GROUPS: Record<string, readonly string[]> = settings

const service = describeService()
const codeOf = (file: string) => readFileSync(join(root, file), 'utf8')

/** Returns the names in each `readConfig([…])` of a source. */
const listsIn = (code: string): string[][] =>
  [...code.matchAll(/\breadConfig\(\[([^\]]*)\]/g)].map(([, list = '']) =>
    [...list.matchAll(/'([A-Z0-9_]+)'|\.\.\.([A-Z_]+)/g)].flatMap(([, name = '', group]) =>
      group === undefined ? [name] : (GROUPS[group] ?? []),
    ),
  )

const FUNCTIONS = Object.entries(service.functions).map(([key, { handler, environment = {} }]) => ({
  key,
  file: handler.replace(/\.handler$/, '.ts'),
  names: Object.keys(environment)
    .filter((name) => name !== 'ROLES')
    .sort(),
}))
const CONFIGURED = FUNCTIONS.filter(({ names }) => names.length > 0)

/** Loads a function's source in fresh modules. */
async function load(file: string) {
  vi.resetModules()
  return (await import(/* @vite-ignore */ join(root, file))).handler
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('the lists of settings are found in a source', () => {
  expect(listsIn("readConfig(['A', 'B_C'])\nreadConfig([\n  'D',\n])\nreadConfig(names)")).toEqual([
    ['A', 'B_C'],
    ['D'],
  ])
})

describe.each(FUNCTIONS)('$key', ({ file, names }) => {
  test('reads exactly the settings that serverless.yml gives it, in one list', () => {
    expect(listsIn(codeOf(file)).map((list) => list.sort())).toEqual(names.length === 0 ? [] : [names])
    expect(codeOf(file).match(/\breadConfig\(/g) ?? []).toHaveLength(names.length === 0 ? 0 : 1)
  })
})

test('every function also gets ALLOWED_ORIGINS, which apiHandler reads', () => {
  expect(Object.keys(service.provider.environment)).toEqual(['ALLOWED_ORIGINS'])
  expect(codeOf('lib/http/handler.ts')).toContain('readAllowedOrigins()')
})

test('a function with roles gets ROLES, which principalOf reads', () => {
  expect(service.functions['admin-content']?.environment).toEqual({ ROLES: 'admin' })
  expect(codeOf('lib/authorization/principal.ts')).toContain('readRoles()')
})

test('only lib/aws/settings.ts reads settings in lib/: those of AWS, which Lambda sets', () => {
  const readers = globSync('lib/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', 'lib/config.ts'] })
    .map((file) => ({ file, lists: listsIn(codeOf(file).replace(/^ \*.*/gm, '')) }))
    .filter(({ lists }) => lists.length > 0)
  expect(readers.map(({ file }) => file)).toEqual(['lib/aws/settings.ts'])
  const [list = []] = readers.flatMap(({ lists }) => lists)
  expect(list.sort()).toEqual(
    Object.keys(SETTINGS)
      .filter((name) => name.startsWith('AWS_'))
      .sort(),
  )
})

test.each(FUNCTIONS)('$key reads no setting while it is imported', async ({ file }) => {
  const read: PropertyKey[] = []
  const { env } = process
  process.env = new Proxy(env, {
    get: (target, name) => {
      if (name in SETTINGS) read.push(name)
      return Reflect.get(target, name)
    },
  })
  await load(file).finally(() => {
    process.env = env
  })
  expect(read).toEqual([])
})

describe('without its settings', () => {
  const mayBeEmpty = ['MAILER', 'ALLOWED_EMAIL_DOMAINS', 'GUARDED_ROUTES']
  const message = (names: string[]) => {
    const missing = names.filter((name) => !mayBeEmpty.includes(name))
    return `Invalid configuration: ${missing.map((name) => `${name} is missing`).join('; ')}`
  }
  const empty = (names: string[]) => Object.fromEntries(names.map((name) => [name, '']))

  test.each(CONFIGURED)('$key fails, and logs the name of each', async ({ key, file, names }) => {
    const error = vi.spyOn(console, 'error').mockReturnValue()
    const handler = inEnvironment(empty(names), await load(file))
    const [list = []] = listsIn(codeOf(file))
    const call = handler(sampleEvent(`${key}.json`), lambdaContext())
    if (['authorizer', 'mailer'].includes(key)) await expect(call).rejects.toThrow(new Error(message(list)))
    else expect(await call).toMatchObject({ statusCode: 500 })
    expect(error.mock.calls).toEqual([
      [
        {
          event: 'request.crashed',
          code: 'internal',
          reason: 'unexpected error',
          // The first line; the rest is where it was thrown.
          cause: expect.stringMatching(new RegExp(`^Error: ${message(list)}\n`)),
        },
      ],
    ])
  })
})
