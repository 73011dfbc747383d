import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { INSTALL, isInstalled, sendCall } from '../oauth/mcp.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

const EXAMPLE = join(root, 'examples/mcp-server')
const guide = readFileSync(join(root, 'docs/MCP.md'), 'utf8')

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

/** Returns the arguments of the command that deploys the server, behind the two dashes. */
const deployArguments = (): string[] => {
  const [, text] = /^ *npm run deploy --prefix my-server -- (.*)$/m.exec(guide) ?? []
  return String(text).split(' ')
}

test('the MCP server is packaged with its URL, and a mapping of the header', () => {
  const folder = mkdtempSync(join(root, '.results/mcp-package-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const args = ['package', ...deployArguments(), '--package', folder]
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

test('the commands of MCP.md make a server, install its packages and start it', async () => {
  const [, make] = /^(mkdir my-server\n.*?npm ci --prefix my-server)$/ms.exec(guide) ?? []
  const [start] = /^npm start --prefix my-server$/m.exec(guide) ?? []
  const parent = mkdtempSync(join(root, '.results/mcp-commands-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  symlinkSync(join(root, 'examples'), join(parent, 'examples'))
  const env = cleanEnvironment()
  execFileSync('sh', ['-ec', String(make)], { cwd: parent, env, stdio: 'pipe' })
  const server = spawn('sh', ['-c', String(start)], { cwd: parent, env, detached: true, stdio: 'ignore' })
  onTestFinished(async () => {
    process.kill(-Number(server.pid))
    await once(server, 'exit')
  })
  const url = 'http://localhost:4002/mcp'
  await expect
    .poll(() => sendCall(url, 'who-am-i').catch(() => undefined), { timeout: 60_000 })
    .toMatchObject({
      status: 401,
      copied: expect.stringContaining('resource_metadata="http://localhost:4002/'),
    })
}, 180_000)
