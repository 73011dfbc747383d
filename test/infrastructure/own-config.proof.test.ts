import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefused } from '../http/attribute-writes.ts'
import { tokenOf } from '../support/http/http.ts'
import { copySources } from '../support/process/checkout.ts'
import { begin, refusal } from '../support/process/command.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'

// The service with the configuration of another application: other roles, and values of parameters.

const CLAIM = 'https://notes.example/plan'

const CONFIG = {
  roles: ['member', 'editor'],
  administrators: ['editor'],
  formerRoles: ['author'],
  attributes: { plan: { type: 'string', values: ['free', 'pro'], default: 'free', claim: CLAIM } },
  serviceName: 'Notes',
  tokenTtlSeconds: 900,
  allowedOrigins: 'http://localhost:4000',
  stages: { dev: { serviceName: 'Notes in development' }, prod: { pages: 'on', cookieSessions: 'on' } },
}

const SERVERLESS_YML = `
service: notes
configValidationMode: error
plugins: [serverless-esbuild, ./plugins/auth.ts, serverless-offline]
provider: { name: aws, runtime: nodejs24.x, region: eu-central-1 }
params: { prod: { pages: "off" } }
functions:
  admin-content:
    handler: functions/content/admin-content.handler
    role: editor
    events: [{ http: { method: get, path: admin, authorizer: auth } }]
`

let folder: string
let service: Service

beforeAll(async () => {
  mkdirSync(`${root}/.results`, { recursive: true })
  folder = mkdtempSync(`${root}/.results/own-config-`)
  copySources(folder)
  write(CONFIG)
  writeFileSync(`${folder}/serverless.yml`, SERVERLESS_YML)
  service = await startService({}, [], folder)
})
afterAll(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

test('each role has its demo user, and only the named one may use a route', async () => {
  expect(service.output()).toContain('member (password member), editor (password editor)')
  expect(service.output()).toContain('{"username":"member","password":"member"}')
  // Not by `get`, which compares with the API description of this repository and its roles.
  const call = async (name: string) => {
    const headers = { Authorization: `Bearer ${await tokenOf(service.url, name)}` }
    const response = await fetch(`${service.url}/admin`, { headers })
    return { status: response.status, body: await response.json() }
  }
  expect(await call('editor')).toMatchObject({ status: 200, body: { username: 'editor', role: 'editor' } })
  expect(await call('member')).toMatchObject({ status: 403 })
})

test('no route but that of an operator takes an attribute, by its name or its claim', async () => {
  const given = [{ attributes: { plan: 'pro' } }, { plan: 'pro' }, { [CLAIM]: 'pro' }]
  const callers = { username: 'member', operator: 'editor' }
  for (const members of given) await expectRefused(service.url, callers, members)
  const token = await tokenOf(service.url, 'member')
  expect(decodeJwt(token)).toMatchObject({ [CLAIM]: 'free' })
  const me = await fetch(`${service.url}/me`, { headers: { Authorization: `Bearer ${token}` } })
  expect(await me.json()).toMatchObject({ attributes: { plan: 'free' } })
})

test('values of a stage come before those for all, serverless.yml before both, and --param before all', () => {
  const shared = { tokenTtlSeconds: '900', allowedOrigins: 'http://localhost:4000' }
  expect(printed()).toEqual({ ...shared, serviceName: 'Notes in development', hasPages: true })
  const own = ['--param', 'issuer=https://notes.example', '--param', 'allowedOrigins=https://notes.example']
  expect(printed('--stage', 'prod', ...own)).toEqual({
    ...shared,
    allowedOrigins: 'https://notes.example',
    serviceName: 'Notes',
    hasPages: false,
  })
  const given = ['--param', 'serviceName=Given', '--param', 'tokenTtlSeconds=600']
  expect(printed(...given)).toEqual({
    ...shared,
    tokenTtlSeconds: '600',
    serviceName: 'Given',
    hasPages: true,
  })
})

test('a configuration with faults is refused, with one line for each', () => {
  write({ ...CONFIG, administrators: ['editr'], serviceNam: 'Notes' })
  expect(sls('print')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'auth.config.ts: serviceNam is unknown. Did you mean serviceName?\n',
  })
  write({ ...CONFIG, administrators: ['editr', 'amin'] })
  expect(sls('print').stderr).toBe(
    'auth.config.ts: administrators has editr, which is not in roles. Did you mean editor?\n' +
      'auth.config.ts: administrators has amin, which is not in roles.\n',
  )
  write(CONFIG)
})

test('a command of the operator refuses it with the same line', async () => {
  write({ ...CONFIG, roles: 'member' })
  for (const name of ['users', 'clients', 'providers', 'keys', 'mail', 'texts', 'smoke']) {
    expect(await begin(`scripts/${name}.ts`, ['--help'], {}, folder).outcome, name).toEqual(
      refusal(1, 'auth.config.ts: roles must be a list of roles.'),
    )
  }
  write(CONFIG)
})

const write = (config: object) =>
  writeFileSync(
    `${folder}/auth.config.ts`,
    `import { defineAuth } from './project/define-auth.ts'\nexport default defineAuth(${JSON.stringify(config)})\n`,
  )

function sls(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/.bin/sls', ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function printed(...args: string[]) {
  const { stdout } = sls('print', '--format', 'json', ...args)
  const { custom, functions } = JSON.parse(stdout)
  return {
    serviceName: custom.auth.face.SERVICE_NAME,
    tokenTtlSeconds: String(custom.auth.signing.TOKEN_TTL_SECONDS),
    allowedOrigins: functions.login.environment.AUTH_ALLOWED_ORIGINS,
    hasPages: 'signin' in functions,
  }
}
