import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { cleanEnvironment, root } from '../support/process/service-description.ts'
import { proof } from '../support/rows.ts'
import { brokenRule, isIssuerForAws, type JwtAuthorizer } from './api-gateway.ts'
import { codeUnder } from './programs.ts'
import { keysOf, partsOf, serviceSigner, tokenCases } from './tokens.ts'

const serviceUrl = inject('serviceUrl')

test('AWS cannot use the issuer of the local service', () => {
  expect(isIssuerForAws(serviceUrl)).toBe(false)
})

const audiences = ['serverless-jwt-auth-dev-api']

/** Which documented rule each token breaks. The first rule counts. */
const BROKEN: Record<string, string | undefined> = {
  user: undefined,
  admin: undefined,
  'user, refreshed': undefined,
  'signed by a test': undefined,
  'no JWT': 'is a JWT',
  expired: 'exp',
  'claims changed': 'signature',
  'signature changed': 'signature',
  'another key under the same kid': 'signature',
  'foreign issuer': 'iss',
  'foreign issuer with its own key': 'kid',
  'issuer with a slash': 'iss',
  'foreign audience': 'aud',
  'of an operator who acts as a user': 'aud',
  // AWS: "There is no standard mechanism to differentiate JWT access tokens from other types of JWTs".
  'ID token': undefined,
  'alg none': 'alg',
  'HS256 with the public key': 'alg',
}

test("API Gateway's documented rules accept the service's tokens", async () => {
  const authorizer: JwtAuthorizer = { issuer: serviceUrl, audiences, keys: await keysOf(serviceUrl) }
  const cases = await tokenCases(serviceUrl, inject('kmsUrl'))
  const broken = cases.flatMap(({ name, token }) =>
    token === undefined ? [] : [[name, brokenRule(token, authorizer, new Date())]],
  )
  expect(Object.fromEntries(broken)).toEqual(BROKEN)
  const accepted = broken.filter(([, rule]) => rule === undefined).length
  console.log(`API Gateway, by its rules: ${accepted} tokens accepted, ${broken.length - accepted} refused`)
})

test('API Gateway validates client_id only without aud, and nbf and iat', async () => {
  const keys = await keysOf(serviceUrl)
  const authorizer: JwtAuthorizer = { issuer: serviceUrl, audiences, keys }
  const [user] = await tokenCases(serviceUrl, inject('kmsUrl'))
  const { header, claims } = partsOf(user?.token ?? '')
  const sign = serviceSigner(inject('kmsUrl'))
  const rule = async (changes: object) =>
    brokenRule(await sign({ header, claims: { ...claims, ...changes } }), authorizer, new Date())
  const soon = Number(claims.iat) + 60
  expect(await rule({ aud: undefined, client_id: audiences[0] })).toBe(undefined)
  expect(await rule({ aud: 'another-api', client_id: audiences[0] })).toBe('aud')
  expect(await rule({ nbf: soon })).toBe('nbf')
  expect(await rule({ iat: soon })).toBe('iat')
})

proof('the serverless.yml of VERIFYING.md packages a JWT authorizer', async () => {
  const folder = join(root, '.results/verifying/orders')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'serverless.yml'), codeUnder('HTTP API'))
  writeFileSync(join(folder, 'orders.js'), 'exports.handler = async () => {}')
  const sls = join(root, 'node_modules/.bin/sls')
  await promisify(execFile)(process.execPath, [sls, 'package'], { cwd: folder, env: cleanEnvironment() })
  const template = readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8')
  const { HttpApiAuthorizerAccounts: authorizer, HttpApiRouteGetOrders: route } =
    JSON.parse(template).Resources
  const { Issuer, Audience } = authorizer.Properties.JwtConfiguration
  expect(authorizer.Properties).toMatchObject({
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
  })
  expect(isIssuerForAws(Issuer)).toBe(true)
  expect(Audience).toEqual(audiences)
  expect(route.Properties).toMatchObject({
    AuthorizationType: 'JWT',
    AuthorizerId: { Ref: 'HttpApiAuthorizerAccounts' },
  })
  expect(route.Properties).not.toHaveProperty('AuthorizationScopes')
})
