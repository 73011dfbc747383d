import { createHash } from 'node:crypto'
import { globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Package, packageProd, readPackage } from '../infrastructure/packaged.ts'
import { unzip } from '../infrastructure/unzip.ts'
import { root } from '../support/process/service-description.ts'
import { actAs } from './operators.ts'
import { emptyFolder, output, run, signIn, start, userEnvironment } from './project.ts'
import { FIRST, RENAMED, replacementsIn } from './replacements.ts'

// What README promises of "In your own project", with the packed archives: from an empty folder to a deployment.

/** Bytes of a function of the template. */
const LARGEST_HANDLER = 6_000

const { folder, remove } = emptyFolder()
const project = join(folder, 'notes')
let service: Awaited<ReturnType<typeof start>>

const write = (file: string, text: string) => writeFileSync(join(project, file), text)
const read = (file: string) => readFileSync(join(project, file), 'utf8')

const hashOf = (file: string) =>
  createHash('sha256')
    .update(readFileSync(join(project, file)))
    .digest('hex')

/** Returns the hash of each file of the project, without what commands make. */
const snapshot = () =>
  Object.fromEntries(
    globSync('{*,.gitignore,{events,functions}/**/*}', { cwd: project })
      .filter((file) => statSync(join(project, file)).isFile())
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(project, file)))
          .digest('hex'),
      ]),
  )

/** Returns the fenced blocks of a section of OWN-PROJECT.md. */
function stepsOf(heading: string): string[] {
  const [, section = ''] = readFileSync(join(root, 'docs/OWN-PROJECT.md'), 'utf8').split(`\n## ${heading}\n`)
  return [...(section.split('\n## ')[0] ?? '').matchAll(/^```\w+\n(.*?)^```$/gms)].map(
    ([, block = '']) => block,
  )
}

/**
 * Returns the resources that the package brings. The repository has its own functions for the same routes, no
 * `GET /hello`, and archives of other names. The API description knows the routes.
 */
const brought = (resources: Package['resources']) =>
  Object.fromEntries(
    Object.entries(resources)
      .filter(
        ([id]) => !/^(User|Admin)Dashcontent|Hello|^IamRoleLambdaExecution$|^ApiGatewayDeployment/.test(id),
      )
      .map(([id, { Properties, ...rest }]) => {
        // The policies of the tables name the roles of the project.
        const { Code: _, DeploymentId: __, ResourcePolicy: ___, ...others } = Properties
        return [id, { ...rest, Properties: others }]
      }),
  )

/** Gives `GET /` acts, and a second method. */
const withActAs = (configuration: string) =>
  configuration
    .replace(/^( +)handler: functions\/user-content\.handler\n/m, '$&$1actAs: true\n')
    .replace(/^( +)- (http: \{ method: )get(, path: \/, .*)$/m, '$&\n$1- $2post$3')

const events = readFileSync(join(root, 'docs/EVENTS.md'), 'utf8')
const [, welcome = ''] = /^```ts\n(.*?)^```$/ms.exec(events) ?? []
const [, welcomeEntry = ''] = /^```yaml\n(.*?)^```$/ms.exec(events) ?? []
const [, welcomeLines = ''] = /^```text\n(.*?)^```$/ms.exec(events) ?? []
const [, welcomeCommand = ''] = /`(npm run users -- .*?)`/.exec(events) ?? []

beforeAll(async () => {
  const started = performance.now()
  // npx keeps what it has run by name and version, and a build does not change the version. It asks a user before.
  const npx = { ...userEnvironment(), npm_config_cache: join(folder, 'cache'), npm_config_yes: 'true' }
  expect(await output('npm create serverless-jwt-auth notes', folder, npx)).toContain(
    'cd notes && npm install && npm start',
  )
  rmSync(join(folder, 'cache'), { recursive: true })
  await output('npm install', project)
  service = await start(project)
  const get = await signIn(service.url, 'user')
  expect(await get('/')).toEqual({ status: 200, body: { message: 'Hello, user!' } })
  console.log(`first 200 after ${((performance.now() - started) / 1_000).toFixed(1)} s`)
})
afterAll(async () => {
  await service?.stop()
  remove()
})

test('a new project has at most 350 packages of 200 MB', async () => {
  const { packages } = JSON.parse(read('node_modules/.package-lock.json'))
  const [megabytes = ''] = (await output('du -sm node_modules', project)).split('\t')
  console.log(`${Object.keys(packages).length} packages, ${megabytes} MB`)
  expect(Object.keys(packages).length).toBeLessThanOrEqual(350)
  expect(Number(megabytes)).toBeLessThanOrEqual(200)
})

test('"Continue with Demo" needs no package of an identity provider', async () => {
  const { packages } = JSON.parse(read('node_modules/.package-lock.json'))
  const response = await fetch(`${service.url}/providers`)
  expect(await response.json()).toEqual({ providers: [{ id: 'demo', name: 'Demo', kind: 'oidc' }] })
  expect(packages).not.toHaveProperty(['node_modules/oidc-provider'])
})

test('the routes of the project are protected, and role leaves one to administrators', async () => {
  expect((await fetch(service.url)).status).toBe(401)
  const [user, admin] = await Promise.all(['user', 'admin'].map((name) => signIn(service.url, name)))
  expect(await user?.('/admin')).toMatchObject({ status: 403 })
  expect(await admin?.('/admin')).toEqual({
    status: 200,
    body: { message: 'Admin only content.', username: 'admin', role: 'admin' },
  })
})

test('the tests of the project pass', async () => {
  expect(await output('npm test', project)).toMatch(/pass 2/)
})

test('the route of OWN-PROJECT.md works, after a restart', async () => {
  const [handler = '', entry = '', unitTest = ''] = stepsOf('A route of your own')
  write('functions/hello.ts', handler)
  write('functions/hello.test.ts', unitTest)
  write(
    'serverless.yml',
    read('serverless.yml').replace(/^functions:\n/m, (line) => `${line}${entry}`),
  )
  write('functions/welcome.ts', welcome)
  expect(await output('npm test', project)).toMatch(/pass 3/)
  await service.stop()
  const configuration = read('serverless.yml')
  write(
    'serverless.yml',
    withActAs(configuration).replace(/^functions:\n/m, (line) => line + welcomeEntry),
  )
  service = await start(project)
  // Other stages than `dev` have no bus.
  write('serverless.yml', configuration)
  const get = await signIn(service.url, 'user')
  expect(await get('/hello')).toEqual({ status: 200, body: { message: 'Hello, user!' } })
})

test('the ten lines of EVENTS.md send a welcome mail to a user of a command', async () => {
  const mark = service.output().length
  await output(`echo correct horse battery staple | ${welcomeCommand}`, project)
  const printed = () => service.output().slice(mark).replace(/ +$/gm, '')
  await expect.poll(() => printed().replace(/\d+ ms/g, '87 ms')).toContain(welcomeLines)
})

test('the console is served, and an operator sees a route with actAs as a user, by GET only', async () => {
  const page = await fetch(`${service.url}/admin-console`)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>')])
  const authToken = await actAs(service.url, 'admin', 'user')
  const statusOf = async (route: string) => {
    const [method = '', path = ''] = route.split(' ')
    const headers = { Authorization: `Bearer ${authToken}` }
    return [route, (await fetch(`${service.url}${path}`, { method, headers })).status]
  }
  expect(await statusOf('GET /')).toEqual(['GET /', 200])
  for (const route of ['POST /', 'GET /hello', 'GET /admin', 'GET /me', 'PUT /password'])
    expect(await statusOf(route)).toEqual([route, 403])
})

test('ten changes of a handler are served one after the other, without a restart', async () => {
  const handler = read('functions/hello.ts')
  const get = await signIn(service.url, 'user')
  for (let change = 1; change <= 10; change += 1) {
    write('functions/hello.ts', handler.replace('Hello', `Good morning ${change}`))
    const body = { message: `Good morning ${change}, user!` }
    await expect.poll(() => get('/hello')).toEqual({ status: 200, body })
  }
  onTestFinished(() => write('functions/hello.ts', handler))
  const served = await get('/hello')
  const refused = [
    // An editor truncates a file before it writes it.
    ['', /^functions\/hello\.ts is empty\.\nThe previous version keeps running until this is fixed\.\n/m],
    [
      `${handler}(`,
      /^functions\/hello\.ts:\d+:\d+: Unexpected end of file\nThe previous version keeps running until this is fixed\.\n/m,
    ],
  ] as const
  for (const [text, message] of refused) {
    write('functions/hello.ts', text)
    await expect.poll(() => service.output()).toMatch(message)
    expect(await get('/hello')).toEqual(served)
  }
})

test('the sample event invokes a function', async () => {
  const printed = await output('npx sls invoke local -f user-content -p events/user-content.json', project)
  expect(JSON.parse(printed)).toMatchObject({ statusCode: 200, body: { message: 'Hello, user!' } })
})

test('a mistyped role or attribute does not compile, and correct ones do', async () => {
  const config = read('auth.config.ts')
  const attributes = `
    plan: { type: 'string', values: ['free', 'pro'], claim: 'n:plan' },
    team: { type: 'string', default: 'pro' },`
  write('auth.config.ts', config.replace(/^ {2}administrators/m, `  attributes: {${attributes} },\n$&`))
  const using = (role: string, plan: string, attribute: string) => `
    import { principalOf } from 'serverless-jwt-auth/handler'
    import { callerEvent } from 'serverless-jwt-auth/test'
    const caller = principalOf(callerEvent({ role: '${role}' }), new Date())
    export const isChosen = caller.role === '${role}' && caller.attributes.${attribute} === '${plan}'`
  const compile = async (role: string, plan: string, attribute = 'plan') => {
    write('functions/types.ts', using(role, plan, attribute))
    const { stdout } = await run('npx tsc', project)
    return [...stdout.matchAll(/^functions\/types\.ts\(\d+,\d+\): error (TS\d+)/gm)].map(([, code]) => code)
  }
  expect(await compile('admin', 'pro')).toEqual([])
  // The event, and the comparison.
  expect(await compile('admn', 'pro')).toEqual(['TS2820', 'TS2367'])
  expect(await compile('admin', 'gold')).toEqual(['TS2367'])
  // Tokens have no attribute without a claim.
  expect(await compile('admin', 'pro', 'team')).toEqual(['TS2339'])
  rmSync(join(project, 'functions/types.ts'))
  write('auth.config.ts', config)
})

test('the line of auth.config.ts for the stage prod gives it pages', async () => {
  const config = read('auth.config.ts')
  const pages = async () => {
    const stderr = await output('npx sls package --stage prod --package .package-pages 2>&1', project)
    expect(stderr).not.toContain('no effect')
    return readPackage(join(project, '.package-pages')).resources.SigninLambdaFunction !== undefined
  }
  expect(await pages()).toBe(false)
  write('auth.config.ts', config.replace('  // stages:', '  stages:'))
  expect(await pages()).toBe(true)
  expect(await output('npx tsc', project)).toBe('')
  write(
    'auth.config.ts',
    config.replace(/^ {2}administrators/m, "  theme: { accent: ['#0b6e63', '#5fd0bf'] },\n$&"),
  )
  expect(await output('npx sls package --stage prod --package .package-theme 2>&1', project)).toContain(
    'theme of auth.config.ts has no effect at stage prod, which has no pages and no mailFrom.',
  )
  write('auth.config.ts', config)
})

test('callerEvent has the defaults of attributes that auth.config.ts has', async () => {
  const config = read('auth.config.ts')
  const plan = "plan: { type: 'string', values: ['free', 'pro'], default: 'free', claim: 'n:plan' }"
  write('auth.config.ts', config.replace(/^ {2}administrators/m, `  attributes: { ${plan} },\n$&`))
  write(
    'functions/plan.test.ts',
    `import { principalOf } from 'serverless-jwt-auth/handler'
    import { callerEvent } from 'serverless-jwt-auth/test'
    const { plan } = principalOf(callerEvent({ role: 'user' }), new Date()).attributes
    console.log(plan)`,
  )
  expect(await output('node --import tsx functions/plan.test.ts', project)).toBe('free\n')
  rmSync(join(project, 'functions/plan.test.ts'))
  write('auth.config.ts', config)
})

test('the functions of the project are small, and contain no configuration', async () => {
  await output('npx sls package --stage prod', project)
  const archive = unzip(readFileSync(join(project, '.serverless/notes-prod-user-content.zip')))
  const bundle = String(archive.get('functions/user-content.cjs'))
  console.log(`user-content: ${bundle.length} bytes`)
  expect(bundle.length).toBeLessThan(LARGEST_HANDLER)
  expect(bundle).not.toMatch(/administrators|jwt-auth-app/)
})

describe('under the name of this service', () => {
  const own = () => read('serverless.yml')
  beforeAll(() => write('serverless.yml', own().replace('service: notes', 'service: serverless-jwt-auth')))
  afterAll(() => write('serverless.yml', own().replace('service: serverless-jwt-auth', 'service: notes')))

  /** Packages a stage to a separate folder. */
  const packaged = async (stage: keyof typeof FIRST, params = '') => {
    await output(`npx sls package --stage ${stage} ${params} --package .package-${stage}`, project)
    return readPackage(join(project, `.package-${stage}`)).resources
  }

  test('the project has the resources of this repository, and updates a stack of it without loss', async () => {
    const resources = await packaged('prod')
    const ofRoutes = (text: string) => text.replaceAll(/"OWN_ROUTES":"[^"]*"/g, '"OWN_ROUTES":""')
    const shown = (all: Package['resources']) => JSON.parse(ofRoutes(JSON.stringify(brought(all))))
    expect(shown(resources)).toEqual(shown((await packageProd()).resources))
    expect(replacementsIn(RENAMED.prod, resources)).toEqual([])
    const params = '--param publishedKeys=b --param signingKey=b --param mailFrom=no-reply@mail.example.org'
    const names = '--param namePrefix=serverless-jwt-auth-dev'
    // The logs before the update go.
    expect(replacementsIn(FIRST.dev, await packaged('dev', `${params} ${names}`))).toEqual([
      'LogGroup has another LogGroupName',
    ])
  })
})

test('two packages of a project have the same archives, byte by byte', async () => {
  const archives = async (name: string) => {
    await output(`npx sls package --stage prod --package ${name}`, project)
    const files = globSync(`${name}/notes-prod-*.zip`, { cwd: project }).sort()
    return files.map((file) => [basename(file), hashOf(file)])
  }
  const first = await archives('.package-first')
  expect(first.length).toBeGreaterThan(15)
  expect(await archives('.package-second')).toEqual(first)
})

test('npm update takes the next version, and changes package-lock.json only', async () => {
  const versionOf = () => JSON.parse(read('node_modules/serverless-jwt-auth/package.json')).version
  const [before, first] = [snapshot(), versionOf()]
  await output('npm update', project, userEnvironment('second'))
  const after = snapshot()
  expect(versionOf()).not.toBe(first)
  const changed = Object.keys({ ...before, ...after }).filter((file) => before[file] !== after[file])
  expect(changed).toEqual(['package-lock.json'])
})
