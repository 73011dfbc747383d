import { expect, test } from 'vitest'
import type { CompiledResource, Serverless } from '../framework.d.ts'
import { setOwnership } from '../project/ownership.ts'
import { noticesOfRights } from './notice.ts'

const SCAN = { Effect: 'Allow', Action: ['dynamodb:Scan'], Resource: ['*'] }
const SIGN = { Effect: 'Allow', Action: ['kms:Sign'], Resource: ['*'] }

test('lines name statements as serverless.yml has them, each once, and none of the service', () => {
  const lines = linesOf({
    iam: { role: { statements: [{ ...SCAN, Resource: ['other'] }, SCAN] } },
    functions: { reports: { iamRoleStatements: [SIGN] }, login: { may: ['readKeys'] } },
    roles: { IamRoleLambdaExecution: [SCAN], Reports: [SCAN, SIGN], Login: [SCAN, SIGN] },
  })
  expect(lines.map((line) => line.split(' reaches')[0])).toEqual([
    'provider.iam.role.statements[1]',
    'functions.reports.iamRoleStatements[0]',
  ])
  expect(lines[0]).toContain('Only the policies of the tables forbid it to read all accounts')
})

test('an older provider.iamRoleStatements has its name', () => {
  const [line] = linesOf({
    iamRoleStatements: [SCAN],
    functions: {},
    roles: { IamRoleLambdaExecution: [SCAN] },
  })
  expect(line).toMatch(/^provider\.iamRoleStatements\[0\] reaches /)
})

test('a statement that no role has gets no line', () => {
  expect(linesOf({ iam: { role: { statements: [SCAN] } }, functions: {}, roles: {} })).toEqual([])
})

test('the tables do not deny a role of the project that a function of the service has', () => {
  const [line] = linesOf({ functions: {}, roles: { Audit: [SCAN] } }, ['shop-prod-Audit-*'])
  expect(line).toContain('It could read all accounts')
})

test('the tables do not deny a role whose name refers to a resource', () => {
  const [line] = linesOf({ functions: {}, roles: { Referring: [SCAN] } })
  expect(line).toContain('It could read all accounts')
})

interface Project {
  iam?: object
  iamRoleStatements?: object[]
  functions: Record<string, object>
  /** Statements by the beginning of the logical id. */
  roles: Record<string, object[]>
}

function linesOf({ functions, roles, ...provider }: Project, exempt: string[] = []): string[] {
  const naming = {
    getStackName: () => 'shop-prod',
    getLambdaLogicalId: (key: string) => `${named(key)}LambdaFunction`,
    getLogGroupLogicalId: (key: string) => `${named(key)}LogGroup`,
    getNormalizedFunctionName: named,
  }
  const serverless = {
    service: {
      functions,
      provider: { region: 'eu-central-1', ...provider },
      custom: { auth: { logGroup: '/aws/lambda/shop-prod-auth', mailFrom: '' } },
    },
    getProvider: () => ({ naming }),
  } as object as Serverless
  setOwnership(serverless, {
    brought: new Set(['login']),
    functions: new Set(['login']),
    resources: new Set(['Table', 'KeyA']),
  })
  const resources: Record<string, CompiledResource> = {
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'shop-prod-auth' } },
    KeyA: { Type: 'AWS::KMS::Key', Properties: {} },
  }
  for (const [id, Statement] of Object.entries(roles)) {
    const isRole = ['Audit', 'Referring'].includes(id) || id.endsWith('Execution')
    const RoleName = id === 'Referring' ? { Ref: 'Table' } : undefined
    const Properties = { Policies: [{ PolicyDocument: { Statement } }], RoleName }
    resources[isRole ? id : `${id}IamRoleLambdaExecution`] = { Type: 'AWS::IAM::Role', Properties }
  }
  return noticesOfRights(serverless, resources, exempt.map(roleArn))
}

function named(key: string) {
  return key.replace(/^./, (letter) => letter.toUpperCase())
}

function roleArn(name: string) {
  return {
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':role', '/', name],
    ],
  }
}
