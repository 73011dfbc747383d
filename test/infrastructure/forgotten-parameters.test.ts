import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { copyDefaults } from '../support/process/checkout.ts'
import { root } from '../support/process/service-description.ts'
import { packageChangedProd, packageProd } from './packaged.ts'
import { rejectionOf } from './refusals.ts'

const DEPLOYED = {
  SigningKey: 'a',
  RpId: 'auth.example.com',
  GivenIssuer: 'https://auth.example.com',
  GivenMailFrom: 'no-reply@example.org',
}

const stack = (outputs: Record<string, string>) => {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>
    <member><StackName>serverless-jwt-auth-prod</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
    <Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
}

/** Stands in for AWS: it has the stack, and counts what else is asked of it. */
const others: string[] = []
const aws = createServer(async (request, response) => {
  const action = new URLSearchParams(Buffer.concat(await request.toArray()).toString()).get('Action')
  if (action === 'DescribeStacks') {
    response.setHeader('Content-Type', 'text/xml').end(stack(DEPLOYED))
    return
  }
  others.push(`${request.method} ${request.url} ${action}`)
  response.writeHead(400).end()
})
let endpoint: string

beforeAll(async () => {
  await once(aws.listen(0, '127.0.0.1'), 'listening')
  endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
})
afterAll(() => aws.close())

test('sls deploy stops before a forgotten parameter takes a feature of the stage away', async () => {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/forgotten-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await copyDefaults(folder)
  const lines = await rejectionOf(
    'deploy --stage prod --region eu-central-1 --param issuer=https://auth.example.com',
    endpoint,
    {},
    folder,
  )
  expect(lines).toEqual([
    'The stage prod runs with mailFrom=no-reply@example.org. This deployment does not give it, and would take it away.',
    "To keep: write into auth.config.ts stages: { prod: { mailFrom: 'no-reply@example.org' } }, or repeat the --param of the last deployment.",
    'To take away: add --param mailFrom=none',
  ])
  expect(others.filter((one) => !one.endsWith(' GetCallerIdentity'))).toEqual([])
})

test('a package has an output for each lasting parameter that it was given', async () => {
  const given = async (make: typeof packageProd) =>
    Object.entries((await make()).outputs).filter(([name]) => name.startsWith('Given'))
  expect(await given(packageProd)).toEqual([])
  expect((await given(packageChangedProd)).map(([name]) => name).toSorted()).toEqual(
    [
      'AccessLogs',
      'ActAs',
      'ActAsOrigins',
      'AlarmTopicArn',
      'AllowedEmailDomains',
      'AllowedOrigins',
      'ClientMetadataHosts',
      'Console',
      'CookieSessions',
      'DeviceBoundSessions',
      'EventBus',
      'Federation',
      'Issuer',
      'MailFrom',
      'MailSignIn',
      'Oauth',
      'Operators',
      'Pages',
      'PublicUrl',
      'Registration',
      'RequireSecondFactor',
    ].map((name) => `Given${name}`),
  )
})
