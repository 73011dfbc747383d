import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { buildDiscoveryUrls, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { faultsOf } from '../../plugins/parameters/parameters.ts'
import { root } from '../support/process/service-description.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const guide = read('docs/MCP.md')
const readme = read('examples/mcp-server/README.md')
const EXAMPLE = 'examples/mcp-server'

test('MCP.md copies all files of the example but its README', () => {
  const [, files = ''] = /^cp (.*) my-server$/m.exec(guide) ?? []
  const copied = files.replace('package*.json', `package.json ${EXAMPLE}/package-lock.json`).split(' ')
  const all = readdirSync(join(root, EXAMPLE)).filter(
    (name) => !/^(?:README\.md|node_modules|\.\w+)$/.test(name),
  )
  expect(copied.toSorted()).toEqual(all.map((name) => `${EXAMPLE}/${name}`).toSorted())
  // The tests install the same packages.
  expect(read('.ci/run')).toContain(`npm ci --prefix ${EXAMPLE}\n`)
  expect(JSON.parse(read(`${EXAMPLE}/package.json`)).scripts).toEqual({
    start: 'sls offline start',
    deploy: 'sls deploy',
  })
})

/** Reads YAML with the short forms of CloudFormation's functions as plain values. */
const parseYaml = (text: string) => {
  const tag = (name: string) => ({ tag: `!${name}`, resolve: (value: string) => ({ [name]: value }) })
  return parse(text, { customTags: [tag('Ref'), tag('Sub')], merge: true })
}

/** Returns the YAML under a heading of the example's README. */
function linesUnder(heading: string) {
  const [, text = ''] = new RegExp(`^### ${heading}\n.*?^\`\`\`yaml\n(.*?)^\`\`\`$`, 'ms').exec(readme) ?? []
  return parseYaml(text)
}

test('the lines for an HTTP API are those of the example', () => {
  const { functions, resources } = parseYaml(read(`${EXAMPLE}/serverless.yml`))
  const shown = linesUnder('HTTP API')
  expect(shown.resources).toEqual(resources)
  expect(functions.mcp).toMatchObject(shown.functions.mcp)
})

/** Runs the authorizer that the README shows, with a verifier in place of that of the example. */
const authorizerWith = (verifyAccessToken: (token: string) => Promise<{ scopes: string[] }>) => {
  const [, code = ''] = /^### REST API\n.*?^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  const script = stripTypeScriptTypes(code).replace('export ', '')
  return new Function('verifyAccessToken', 'OAuthError', `${script}; return verify`)(
    verifyAccessToken,
    OAuthError,
  ) as (event: object) => Promise<{ policyDocument: object }>
}

describe('the authorizer for a REST API', () => {
  const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:api/prod/POST/mcp'
  const decisionOf = (scopes: string[], headers: object) =>
    authorizerWith(async (token) => {
      if (token !== 'a.b.c') throw new OAuthError(OAuthErrorCode.InvalidToken, 'invalid')
      return { scopes }
    })({ headers, methodArn })

  test.each([
    [['openid', 'profile', 'notes:read'], 'Allow'],
    [['openid', 'profile'], 'Deny'],
  ])('decides about the scopes %j: %s', async (scopes, Effect) => {
    const { policyDocument } = await decisionOf(scopes, { Authorization: 'Bearer a.b.c' })
    expect(policyDocument).toMatchObject({ Statement: [{ Effect, Resource: methodArn }] })
  })

  test('throws Unauthorized for a fault of the token, and nothing else', async () => {
    for (const headers of [{}, { Authorization: 'Basic a.b.c' }, { Authorization: 'Bearer wrong' }]) {
      await expect(decisionOf([], headers)).rejects.toThrow(/^Unauthorized$/)
    }
    const outage = authorizerWith(() => Promise.reject(new Error('timeout')))
    await expect(outage({ headers: {}, methodArn })).rejects.toThrow(/^timeout$/)
  })
})

test('the lines for a REST API make gateway responses whose headers are static texts', () => {
  const { Unauthorized, Forbidden } = linesUnder('REST API').resources.Resources
  for (const { Type, Properties } of [Unauthorized, Forbidden]) {
    expect(Type).toBe('AWS::ApiGateway::GatewayResponse')
    expect(Properties.RestApiId).toEqual({ Ref: 'ApiGatewayRestApi' })
    expect(Object.values(Properties.ResponseParameters)).toEqual([
      expect.stringMatching(/^'Bearer [^'\n]+'$/),
    ])
  }
  expect([Unauthorized.Properties.ResponseType, Forbidden.Properties.ResponseType]).toEqual([
    'UNAUTHORIZED',
    'ACCESS_DENIED',
  ])
})

test('the SDK finds the metadata of an issuer with a path last where the service serves it', () => {
  const issuer = 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod'
  const paths = buildDiscoveryUrls(new URL(issuer)).map(({ url }) => url.pathname)
  expect([paths[0], paths.at(-1)]).toEqual([
    '/.well-known/oauth-authorization-server/prod',
    '/prod/.well-known/openid-configuration',
  ])
  for (const path of [paths[0], paths.at(-1)]) expect(guide).toContain(`\`${path}\``)
})

test('the parameters that MCP.md shows are valid', () => {
  const shown = [...guide.matchAll(/^ *npm (?:ci|run deploy) ((?:[^\n]*\\\n)*[^\n]*)$/gm)]
    .filter(([command]) => command.includes('--param') && !command.includes('--prefix'))
    .map(([command]) => ({
      stage: /--stage (\w+)/.exec(command)?.[1] ?? 'dev',
      given: Object.fromEntries(
        [...command.matchAll(/--param (\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
      ),
    }))
  expect(shown.map(({ stage }) => stage)).toEqual(['prod'])
  for (const { stage, given } of shown) expect(faultsOf(stage, given)).toEqual([])
})
