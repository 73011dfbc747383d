import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPackage } from '../infrastructure/packaged.ts'
import { root } from '../support/process/service-description.ts'
import { emptyFolder, output, run, signIn, start } from './project.ts'
import { BUILT } from './tarball.ts'

// An existing service: without TypeScript, without a bundler and without `auth.config.ts`. Two lines give it sign-in.

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const PACKAGE_JSON = {
  name: 'shop',
  private: true,
  scripts: { start: 'sls offline start' },
  devDependencies: {
    serverless: devDependencies.serverless,
    'serverless-offline': devDependencies['serverless-offline'],
  },
}

const SERVERLESS_YML = `service: shop
plugins:
  - serverless-offline
provider:
  name: aws
  runtime: nodejs22.x
  region: eu-central-1
  environment: { CURRENCY: EUR }
functions:
  orders:
    handler: src/orders.list
    events:
      - http:
          path: orders
          method: get
  prices:
    handler: src/prices.list
    events: [{ http: { path: prices, method: get } }]
`

const ORDERS = `exports.list = async (event) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    of: event.requestContext.authorizer.username,
    // API Gateway gives claims to none behind a Lambda authorizer.
    claims: event.requestContext.authorizer.claims,
    currency: process.env.CURRENCY,
  }),
})
`
const PRICES = `exports.list = async () => ({ statusCode: 200, body: 'open to all' })
`

const { folder, remove } = emptyFolder()
let service: Awaited<ReturnType<typeof start>>

beforeAll(async () => {
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE_JSON))
  writeFileSync(join(folder, 'src/orders.js'), ORDERS)
  writeFileSync(join(folder, 'src/prices.js'), PRICES)
  writeFileSync(join(folder, 'serverless.yml'), SERVERLESS_YML)
  await output('npm install', folder)
  await output('npx sls package --package .before', folder)
  await output('npm install --save-dev serverless-jwt-auth', folder)
  const yml = withSignIn(SERVERLESS_YML)
  expect(yml.split('\n').length).toBe(SERVERLESS_YML.split('\n').length + 2)
  writeFileSync(join(folder, 'serverless.yml'), yml)
  service = await start(folder)
})
afterAll(async () => {
  await service?.stop()
  remove()
})

test('the route with authorizer: auth needs a token, and others stay open', async () => {
  expect((await fetch(`${service.url}/orders`)).status).toBe(401)
  const get = await signIn(service.url, 'user')
  expect(await get('/orders')).toEqual({ status: 200, body: { of: 'user', currency: 'EUR' } })
  const open = await fetch(`${service.url}/prices`)
  expect([open.status, await open.text()]).toEqual([200, 'open to all'])
})

test('the roles are user and admin', async () => {
  expect(service.output()).toContain('user (password user), admin (password admin)')
})

test('the functions of the service are packaged as before, but for the authorizer', async () => {
  await output('npx sls package', folder)
  const [before, after] = ['.before', '.serverless'].map((name) => readPackage(join(folder, name)).resources)
  const lambdas = Object.entries(after ?? {}).filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  expect(lambdas.map(([id]) => id)).toEqual(
    expect.arrayContaining(['LoginLambdaFunction', 'OrdersLambdaFunction']),
  )
  const method = after?.ApiGatewayMethodOrdersGet?.Properties
  expect(method).toMatchObject({ AuthorizationType: 'CUSTOM' })
  for (const id of ['OrdersLambdaFunction', 'PricesLambdaFunction']) {
    const { Handler, Runtime, MemorySize, Timeout, Environment } = before?.[id]?.Properties ?? {}
    expect(after?.[id]?.Properties).toMatchObject({ Handler, Runtime, MemorySize, Timeout, Environment })
  }
  expect(after?.ApiGatewayMethodPricesGet).toEqual(before?.ApiGatewayMethodPricesGet)
  expect(globSync('.serverless/*login.zip', { cwd: folder })).toHaveLength(1)
})

/** Returns the folders of packages whose files the bundles of functions contain, by their source maps. */
function bundledFolders(): string[] {
  const sources = globSync('functions/**/*.cjs.map', { cwd: BUILT }).flatMap(
    (map): string[] => JSON.parse(readFileSync(join(BUILT, map), 'utf8')).sources,
  )
  return sources.flatMap((source) => /node_modules\/(@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? [])
}

test('npm audit finds an advisory of each package whose code the functions contain', async () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  // A script of a page contains uqr, and the hashes of passwords are read from copies.
  const others = ['uqr', 'bcryptjs', 'hash-wasm'].map((name) => `node_modules/${name}`)
  const folders = [...new Set([...bundledFolders(), ...others])]
  expect(folders).toEqual(expect.arrayContaining(['node_modules/zod', 'node_modules/swagger-ui-dist']))
  const bundled = folders.map((path) => ({ name: path.split('node_modules/')[1], ...packages[path] }))
  const advisories = Object.fromEntries(
    bundled.map(({ name, version }, id) => [
      name,
      [
        {
          id,
          url: 'https://advisory.example',
          title: `fault of ${name}`,
          severity: 'low',
          vulnerable_versions: version,
        },
      ],
    ]),
  )
  let asked: Record<string, string[]> = {}
  const registry = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(404).end('{}')
    const body = await buffer(request)
    asked = JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body))
    return response.end(JSON.stringify(advisories))
  })
  await once(registry.listen(0, 'localhost'), 'listening')
  const url = `http://localhost:${(registry.address() as AddressInfo).port}/`
  const { status, stdout } = await run(`npm audit --registry ${url}`, folder)
  registry.close()
  for (const { name, version } of bundled) {
    expect(asked[name]).toContain(version)
    expect(stdout).toContain(`fault of ${name}`)
  }
  expect(status).toBe(1)
  expect(globSync('**/swagger-ui-dist', { cwd: join(folder, 'node_modules') })).toEqual([])
})

const TYPED = `import { apiHandler, json, principalOf } from 'serverless-jwt-auth/handler'
import { callerEvent } from 'serverless-jwt-auth/test'
import { defineAuth } from 'serverless-jwt-auth'
import { createAuth } from 'serverless-jwt-auth/client'
import { signInWithPasskey } from 'serverless-jwt-auth/passkeys'
export const config = defineAuth({ roles: ['user', 'admin'], administrators: ['admin'] })
export const handler = apiHandler(async (event, { now }) => json(200, principalOf(event, now)))
export const caller = principalOf(callerEvent({ role: 'user' }), new Date())
export const browser = [createAuth, signInWithPasskey]
// @ts-expect-error A name is text, and a package without types would have it as any.
export const name: number = caller.username
`

describe.each(['commonjs', 'module'])('a project of type %s', (type) => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  /** Returns the codes of errors that TypeScript finds in a file with all imports. */
  async function errorsWith(options: string): Promise<string[]> {
    const part = join(folder, type)
    mkdirSync(part, { recursive: true })
    writeFileSync(join(part, 'package.json'), JSON.stringify({ type }))
    writeFileSync(join(part, 'typed.ts'), TYPED)
    const { stdout } = await run(
      `node ${tsc} --noEmit --strict --skipLibCheck --target es2022 --lib es2022,dom ${options} typed.ts`,
      part,
    )
    return [...stdout.matchAll(/error (TS\d+)/g)].map(([, code = '']) => code)
  }

  test.each([
    '--module commonjs --moduleResolution node10',
    '--module esnext --moduleResolution node10',
    '--module esnext --moduleResolution bundler',
    '--module preserve',
    '--module nodenext',
  ])('finds the types with %s', async (options) => {
    expect(await errorsWith(options)).toEqual([])
  })

  test('finds them with node16, if it is no project of CommonJS, as OWN-PROJECT.md has it', async () => {
    const errors = await errorsWith('--module node16')
    if (type === 'module') expect(errors).toEqual([])
    else expect(errors).toContain('TS1479')
  })
})

/** Adds the two lines. */
const withSignIn = (yml: string) =>
  yml
    .replace('plugins:\n', 'plugins:\n  - serverless-jwt-auth\n')
    .replace('          method: get\n', '          method: get\n          authorizer: auth\n')
