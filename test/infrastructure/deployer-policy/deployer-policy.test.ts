import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../../support/process/service-description.ts'
import { packageChangedProd, packageDev, type TemplateResource } from '../packaged.ts'
import { covers } from './covers.ts'
import { HANDLERS } from './resource-handlers.ts'
import { actionsOfCommands, actionsOfFramework } from './sdk-calls.ts'

interface Statement {
  Sid: string
  Action: string | string[]
  Resource: string | string[]
  Condition?: object
}

const text = readFileSync(`${root}/docs/deployer-policy.json`, 'utf8')
const { Statement: statements }: { Statement: Statement[] } = JSON.parse(text)
const allowed = statements.flatMap(({ Action }) => Action)

test('the policy of a deployer allows each call of the framework, CloudFormation and the commands, and no others', async () => {
  const types = new Set((await resources()).map(({ Type }) => Type))
  expect([...types].filter((type) => !(type in HANDLERS))).toEqual([])
  const needed = new Set([
    ...[...types].flatMap((type) => HANDLERS[type]?.permissions ?? []),
    ...actionsOfFramework(),
    ...actionsOfCommands(),
    's3:PutObject',
    // The tags of the stack.
    'cloudformation:TagResource',
    'cloudformation:UntagResource',
  ])
  console.log(`A deployer needs ${needed.size} actions`)
  expect([...needed].filter((action) => !allowed.some((pattern) => covers(pattern, action)))).toEqual([])
  expect(allowed.filter((pattern) => ![...needed].some((action) => covers(pattern, action)))).toEqual([])
})

test('no resource has a property whose permissions the policy leaves out', async () => {
  const found = (await resources()).flatMap(({ Type, Properties }) =>
    (HANDLERS[Type]?.without ?? [])
      .filter((name) => name in (Properties ?? {}))
      .map((name) => `${Type} ${name}`),
  )
  expect(found).toEqual([])
})

test('the policy creates the role of API Gateway alone, passes roles to Lambda alone, and fits into IAM', () => {
  const conditionOf = (action: string) =>
    statements.filter(({ Action }) => [Action].flat().includes(action)).map(({ Condition }) => Condition)
  expect(conditionOf('iam:CreateServiceLinkedRole')).toEqual([
    { StringEquals: { 'iam:AWSServiceName': 'ops.apigateway.amazonaws.com' } },
  ])
  expect(conditionOf('iam:PassRole')).toEqual([
    { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  ])
  // Characters of a managed policy without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  expect(JSON.stringify(JSON.parse(text)).length).toBeLessThanOrEqual(6_144)
})

/**
 * `ForAllValues` is true without the key, so `Null` demands it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
test('a deployer encrypts only secrets of providers and of the old passwords, and nothing without a context', () => {
  const encrypting = statements.filter(({ Action }) => Action === 'kms:Encrypt')
  expect(encrypting.map(({ Condition }) => Condition)).toEqual([
    {
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['passwords', 'provider'] },
      Null: { 'kms:EncryptionContextKeys': 'false' },
    },
  ])
})

test('the policy names the service in each resource that has a name of its own', () => {
  const named = statements.flatMap(({ Resource }) => Resource)
  // IAM does not know the names of APIs, keys, event source mappings and identities, and the last one is of AWS.
  const others =
    /^\*$|:apigateway:|:key\/\*$|:event-source-mapping:\*$|:identity\/\*$|:role\/aws-service-role\/ops\.apigateway/
  expect(named.filter((arn) => !others.test(arn) && !arn.includes('serverless-jwt-auth-'))).toEqual([])
})

/** The resources of both packages that have all of them together. */
async function resources(): Promise<TemplateResource[]> {
  return (await Promise.all([packageChangedProd(), packageDev()])).flatMap((of) =>
    Object.values(of.resources),
  )
}
