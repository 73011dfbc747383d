import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { emptyFolder, output, run, start, userEnvironment } from './project.ts'

// A project with its own name and default stage, whose operator has the commands of the package.

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { serverless, 'serverless-offline': offline } = devDependencies
const PACKAGE_JSON = {
  name: 'notes',
  private: true,
  scripts: { start: 'sls offline start' },
  devDependencies: { serverless, 'serverless-offline': offline },
}
const SERVERLESS_YML = `service: jottings
plugins:
  - serverless-jwt-auth
  - serverless-offline
provider: { name: aws, runtime: nodejs22.x, region: eu-central-1, stage: local }
functions:
  list:
    handler: list.handler
    events:
      - http: { method: get, path: notes, authorizer: auth }
  change:
    handler: list.handler
    role: admin
    events:
      - http: { method: put, path: "notes/{id}", authorizer: auth }
`
const PASSWORD = 'correct horse battery staple'
const COMMANDS = ['users', 'clients', 'providers', 'events', 'keys', 'mail', 'texts', 'smoke']

const { folder, remove } = emptyFolder()
let service: Awaited<ReturnType<typeof start>>
const target = '--local'

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE_JSON))
  writeFileSync(join(folder, 'serverless.yml'), SERVERLESS_YML)
  writeFileSync(
    join(folder, 'auth.config.mjs'),
    "export default { roles: ['user', 'admin'], administrators: ['admin'], languages: ['en', 'de'] }\n",
  )
  writeFileSync(join(folder, 'list.js'), "exports.handler = async () => ({ statusCode: 200, body: '[]' })\n")
  await output('npm install --save-dev serverless-jwt-auth', folder)
  service = await start(folder)
})
afterAll(async () => {
  await service?.stop()
  remove()
})

test.each(COMMANDS)(
  'the help of %s is that of npx --no serverless-jwt-auth, and names no script of this repository',
  async (name) => {
    const { status, stdout } = await jwtAuth(`${name} --help`)
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^Usage: npx --no serverless-jwt-auth ${name} \\[options\\]`))
    expect(stdout).not.toContain('npm run')
  },
)

test('npx --no serverless-jwt-auth alone lists the commands, and --version is that of the package', async () => {
  const { stdout } = await jwtAuth('')
  expect([...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual(COMMANDS)
  const manifest = JSON.parse(
    readFileSync(join(folder, 'node_modules/serverless-jwt-auth/package.json'), 'utf8'),
  )
  expect(await run('npx --no -- serverless-jwt-auth --version', folder)).toEqual({
    status: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  })
})

test('the banner names the commands of the package', () => {
  expect(service.output()).not.toContain('npm run')
  expect(service.output()).toContain(
    '  Manage its users with: npx --no serverless-jwt-auth users list --local\n',
  )
})

test('users finds the table of the running service, also from a folder below', async () => {
  mkdirSync(join(folder, 'src'), { recursive: true })
  for (const where of [folder, join(folder, 'src')]) {
    const { status, stdout } = await jwtAuth(`users list --json ${target}`, where)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ username: 'admin' }, { username: 'user' }])
  }
})

test.each([
  ['a user who does not exist', () => `users show ghost ${target}`, 1, 'User ghost does not exist.'],
  [
    'no target',
    () => 'users list',
    2,
    'Missing target. Use --local or --stage NAME: npx --no serverless-jwt-auth users list --local',
  ],
  [
    'no target of smoke',
    () => 'smoke',
    2,
    'Missing target. Use --local or --stage NAME: npx --no serverless-jwt-auth smoke --stage NAME',
  ],
  ['a mistyped command', () => 'user list', 2, 'Unknown command user. Did you mean users?'],
  [
    'a service that does not run',
    () => 'users list --local --service books',
    3,
    'The local service books does not run. Start it with npx sls offline.',
  ],
  [
    'mail without the client of SES',
    () => 'mail check --stage prod',
    3,
    'This command needs the package @aws-sdk/client-sesv2. Run: npm install --save-dev @aws-sdk/client-sesv2',
  ],
])(
  'serverless-jwt-auth refuses %s with a message that helps in this project',
  async (_, words, expected, line) => {
    const { status, stderr } = await jwtAuth(words())
    expect({ status, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({ status: expected, last: line })
  },
)

test.each([
  ['auth.config.ts', 'export default'],
  ['auth.config.mts', 'export default'],
  ['auth.config.js', 'module.exports ='],
  ['auth.config.mjs', 'export default'],
  ['auth.config.cjs', 'module.exports ='],
])('%s is read, and messages have its name', async (name, exported) => {
  const other = join(folder, `with-${name}`)
  mkdirSync(other)
  const config = "{ roles: ['user'], administrators: [], attributes: { plan: { type: 'string' } } }"
  writeFileSync(join(other, name), `${exported} ${config}\n`)
  const { stderr } = await jwtAuth(`users set user plann=pro ${target}`, other)
  expect(stderr).toContain(`Invalid attribute. Use NAME=VALUE; ${name} has plan. Did you mean plan?`)
})

test.each(COMMANDS)('%s refuses a configuration with faults, with the lines of the plugin', async (name) => {
  const other = join(folder, `faults-${name}`)
  mkdirSync(other)
  const config = "{ roles: ['user'], administrators: 'boss', serviceNam: 'Notes' }"
  writeFileSync(join(other, 'auth.config.mjs'), `export default ${config}\n`)
  expect(await jwtAuth(`${name} --help`, other)).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'auth.config.mjs: administrators must be a list of roles.\n' +
      'auth.config.mjs: serviceNam is unknown. Did you mean serviceName?\n',
  })
})

test('roles that are no list are refused with their path', async () => {
  const other = join(folder, 'no-list')
  mkdirSync(other)
  for (const roles of ["'user'", '() => []', '{}']) {
    writeFileSync(
      join(other, 'auth.config.mjs'),
      `export default { roles: ${roles}, administrators: [], attributes: null }\n`,
    )
    expect((await jwtAuth('users --help', other)).stderr).toBe(
      'auth.config.mjs: roles must be a list of roles.\n' +
        'auth.config.mjs: attributes must be an object with attributes by name.\n',
    )
  }
})

test('a configuration without a default export is refused', async () => {
  const other = join(folder, 'no-default')
  mkdirSync(other)
  writeFileSync(
    join(other, 'auth.config.mjs'),
    "export const roles = ['user']\nexport const administrators = []\n",
  )
  expect(await jwtAuth('users --help', other)).toEqual({
    status: 1,
    stdout: '',
    stderr: 'auth.config.mjs: The default export must be an object with roles.\n',
  })
})

test.each([
  [
    'an await at its top',
    'await 1\nexport default {}',
    ':1:0: Take out this await. The file is read without waiting.',
  ],
  [
    'an import of such a file',
    "import './late.mjs'\nexport default {}",
    ': A module that it imports has an await at its top. The file is read without waiting.',
  ],
  ['a mistake', 'export default {\n  roles; 1 }', ':2:7: Expected "}" but found ";"'],
  ['an error', "throw new Error('no secret')", ': no secret'],
])('a configuration with %s is refused in the words of its author', async (name, source, reason) => {
  const other = join(folder, name.replaceAll(' ', '-'))
  mkdirSync(other)
  writeFileSync(join(other, 'auth.config.ts'), `${source}\n`)
  writeFileSync(join(other, 'late.mjs'), '\nawait 1\n')
  expect(await jwtAuth('users --help', other)).toEqual({
    status: 1,
    stdout: '',
    stderr: `auth.config.ts${reason}\n`,
  })
})

test('(9) a command of another service does not change the users of this one', async () => {
  const other = join(folder, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'serverless.yml'), 'service: books\n')
  const list = (more: string) => jwtAuth(`users list ${target}${more}`, other)
  const refused = await list('')
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('The local service books does not run.')
  expect(await list(' --service jottings')).toMatchObject({ status: 0 })
})

test.each([
  ['of the machine', () => userEnvironment().PATH.split(':')[0] ?? ''],
  ['24', () => join(root, 'node_modules/node/bin')],
])('with Node.js %s, import hashes passwords in threads, and the users sign in', async (name, pathOf) => {
  const username = `bea-${name.replace(/\W/g, '')}`
  writeFileSync(
    join(folder, 'users.jsonl'),
    `${JSON.stringify({ username, role: 'user', password: PASSWORD })}\n`,
  )
  const words = `npx --no serverless-jwt-auth users import users.jsonl --plaintext-passwords ${target}`
  const { status, stderr } = await run(words, folder, withNode(pathOf()))
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('argon2') })
  const response = await fetch(`${service.url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD }),
  })
  expect(response.status).toBe(200)
})

test('texts writes the file of a language in the project, and none of the package', async () => {
  const { status, stdout, stderr } = await jwtAuth('texts it')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain("languages: ['en', 'de', 'it'],\n  texts: { it: 'texts/it.json' },\n")
  expect(Object.keys(JSON.parse(readFileSync(join(folder, 'texts/it.json'), 'utf8')))).toContain('Sign in')
  expect((await jwtAuth('texts de')).stdout).toContain('npx --no serverless-jwt-auth texts de --all\n')
  expect(await jwtAuth('texts it --shipped')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'Unknown option --shipped. Use --help for a list.\n',
  })
})

test('smoke passes at a service without the routes of content', async () => {
  const { status, stdout, stderr } = await jwtAuth(`smoke ${target}`)
  expect({ status, failed: stdout.match(/^failed.*/gm), stderr }).toMatchObject({ status: 0, failed: null })
  expect(stdout).toContain('403 for a user at /admin: GET /admin is not the content of this service')
})

describe('the API description', () => {
  test('has the routes of the project, and no route of content', async () => {
    const { paths } = Object(await (await fetch(`${service.url}/openapi.json`)).json())
    expect(paths).not.toHaveProperty('/')
    expect(paths).not.toHaveProperty('/admin')
    expect(paths['/notes'].get).toMatchObject({ security: [{ accessToken: [] }] })
    expect(Object.keys(paths['/notes'].get.responses)).not.toContain('403')
    expect(Object.keys(paths['/notes/{id}'].put.responses)).toContain('403')
  })
})

const jwtAuth = (words: string, where = folder) => run(`npx --no serverless-jwt-auth ${words}`, where)

/** Returns the environment in which `node` is another version. */
const withNode = (folderOfNode: string) => {
  const env = userEnvironment()
  return { ...env, PATH: `${folderOfNode}:${env.PATH}` }
}
