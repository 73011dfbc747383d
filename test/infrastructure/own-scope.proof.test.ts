import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SCOPE_FILE } from '../../plugins/routes/scopes.ts'
import { root } from '../support/process/service-description.ts'
import { type Copy, copyProject } from './own-route.ts'

// The edits of `Your own API for apps` in docs/OAUTH.md, in a copy of the project.

const oauth = readFileSync(`${root}/docs/OAUTH.md`, 'utf8')
const section = oauth.split('\n## Your own API for apps\n')[1]?.split('\n## ')[0] ?? ''

/** Returns the first block of a language. */
function blockOf(language: string): string {
  const [, block] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? []
  if (block === undefined) throw new Error(`docs/OAUTH.md shows no ${language}`)
  return block
}

let copy: Copy
beforeAll(async () => {
  copy = copyProject()
  const write = (file: string, content: string) => writeFileSync(`${copy.folder}/${file}`, content)
  const insert = (file: string, line: RegExp, content: string) =>
    write(
      file,
      readFileSync(`${copy.folder}/${file}`, 'utf8').replace(line, (found) => found + content),
    )
  insert('serverless.yml', /^functions:\n/m, blockOf('yaml'))
  write('functions/content/notes.ts', blockOf('ts'))
  write('events/notes.json', blockOf('json'))
  cpSync(
    `${root}/test/infrastructure/own-scope-over-http.ts`,
    `${copy.folder}/test/infrastructure/own-scope-over-http.test.ts`,
  )
})
afterAll(() => copy.remove())

test('a command of sls writes the scopes, and a mistyped one in the handler does not compile', async () => {
  const before = await copy.run('node_modules/.bin/tsc', [])
  expect(before.output).toContain(`'"notes:read"' is not assignable to parameter of type 'never'`)
  expect((await copy.run('node_modules/.bin/sls', ['print'])).status).toBe(0)
  expect(readFileSync(`${copy.folder}/${SCOPE_FILE}`, 'utf8')).toContain("  'notes:read': true\n")
  const { status, output } = await copy.run('node_modules/.bin/tsc', [])
  expect(status, output).toBe(0)
  const handler = `${copy.folder}/functions/content/notes.ts`
  const source = readFileSync(handler, 'utf8')
  writeFileSync(handler, source.replace("'notes:read'", "'notes:raed'"))
  const mistyped = await copy.run('node_modules/.bin/tsc', [])
  expect(mistyped.output).toContain(`'"notes:raed"' is not assignable to parameter of type '"notes:read"'`)
  writeFileSync(handler, source)
}, 180_000)

test.each([
  ['own tests', ['--project=unit', 'functions/sample-events.test.ts', 'plugins/routes/scopes.test.ts']],
  [
    'the tests over HTTP',
    [
      '--project=service',
      'test/http/description.test.ts',
      'test/infrastructure/own-scope-over-http.test.ts',
      'test/infrastructure/gateway-responses.test.ts',
      'test/oauth/token-http.test.ts',
    ],
  ],
])(
  'the route passes %s',
  async (_, tests) => {
    const { status, output } = await copy.run('node_modules/.bin/vitest', ['run', ...tests])
    expect(status, output).toBe(0)
  },
  300_000,
)

test('a deployment names the metadata, and gives the authorizer its rights', async () => {
  const folder = `${copy.folder}/.results/package`
  const { status, output } = await copy.run('node_modules/.bin/sls', ['package', '--package', folder])
  expect(status, output).toBe(0)
  const { Resources } = JSON.parse(
    readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8'),
  )
  const challengeOf = (id: string) =>
    Resources[id].Properties.ResponseParameters['gatewayresponse.header.WWW-Authenticate']
  // Only CloudFormation knows the address of an API without a domain.
  const [before, url, after] = challengeOf('UnauthorizedResponse')['Fn::Join'][1]
  expect(before).toBe(`'Bearer realm="serverless-jwt-auth-dev-auth", resource_metadata="`)
  expect(JSON.stringify(url)).toContain('{"Ref":"ApiGatewayRestApi"}')
  expect(after).toBe(`/.well-known/oauth-protected-resource"'`)
  expect(challengeOf('AccessDeniedResponse')['Fn::Join'][1][0]).toBe(
    `'Bearer realm="serverless-jwt-auth-dev-auth", error="insufficient_scope", resource_metadata="`,
  )
  const { Variables } = Resources.AuthorizerLambdaFunction.Properties.Environment
  expect(Variables.SCOPED_ROUTES).toBe('GET/notes=notes:read GET/notes/=notes:read')
  const role = JSON.stringify(Resources.AuthorizerIamRoleLambdaExecution)
  expect(['client#*', 'grants#*'].filter((key) => !role.includes(key))).toEqual([])
})

test('the parameter oauth must be on', async () => {
  const { status, output } = await copy.run('node_modules/.bin/sls', ['print', '--param', 'oauth=off'])
  expect(status).not.toBe(0)
  expect(output).toContain('The parameter oauth must be on, because functions name scopes.')
})
