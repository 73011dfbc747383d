import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { INSTALL, isInstalled } from '../oauth/mcp.ts'
import { cleanEnvironment, root } from '../support/service-description.ts'

const EXAMPLE = join(root, 'examples/mcp-server')

beforeEach(({ skip }) => {
  if (!isInstalled && process.env.CI) throw new Error(INSTALL)
  skip(!isInstalled, INSTALL)
})

test('the MCP server has no type errors', () => {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck']
  const files = ['--types', 'node', 'examples/mcp-server/server.ts']
  expect(execFileSync('node_modules/.bin/tsc', [...options, ...files], { cwd: root, encoding: 'utf8' })).toBe(
    '',
  )
})

test('the MCP server is packaged with its URL, and a mapping of the header', () => {
  const folder = mkdtempSync(join(root, '.results/mcp-package-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const args = [
    'package',
    '--stage',
    'prod',
    '--param',
    'issuer=https://auth.example.com',
    '--package',
    folder,
  ]
  execFileSync(join(EXAMPLE, 'node_modules/.bin/sls'), args, {
    cwd: EXAMPLE,
    env: cleanEnvironment(),
    stdio: 'pipe',
  })
  const { Resources } = JSON.parse(
    readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
  )
  const mapping = {
    ResponseParameters: [
      { Destination: 'overwrite:header.WWW-Authenticate', Source: '$response.header.challenge' },
    ],
  }
  expect(Resources.HttpApiIntegrationMcp.Properties).toMatchObject({
    PayloadFormatVersion: '2.0',
    ResponseParameters: { 401: mapping, 403: mapping },
  })
  expect(Resources.HttpApiStage.Properties.StageName).toBe('$default')
  expect(Resources.McpLambdaFunction.Properties.Environment.Variables).toEqual({
    ISSUER: 'https://auth.example.com',
    RESOURCE: { 'Fn::Sub': `https://\${HttpApi}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}/mcp` },
  })
})
