import { isDeepStrictEqual } from 'node:util'
import type { Package, TemplateResource } from '../infrastructure/packaged.ts'
import first from './first-template.json' with { type: 'json' }

/**
 * What the first version of the package found on AWS: the resources that hold data, or whose replacement changes an address, of the last commit
 * before `auth.config.ts`. This file never changes: a stack of that commit can still be updated.
 */
export const FIRST = first as Record<'prod' | 'changedProd' | 'dev', Package['resources']>

/** The same with today's names, which all have a word more. A stack of the first version keeps its own by the parameter `namePrefix`. */
export const RENAMED: typeof FIRST = JSON.parse(
  JSON.stringify(first)
    .replaceAll(/serverless-jwt-auth-(prod|dev)/g, '$&-auth')
    .replaceAll(/"\/aws\/lambda\/[\w-]+-auth(?=")/g, '$&-functions'),
)

/**
 * Properties whose change makes CloudFormation replace a resource, or fail, by type. Each page of
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ has "Update requires: Replacement", or the text of the property forbids a change.
 */
const FIXED: Record<string, readonly string[]> = {
  // aws-resource-dynamodb-table.html
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'LocalSecondaryIndexes', 'ImportSourceSpecification'],
  // aws-resource-kms-key.html: an update of these fails
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  // aws-resource-kms-alias.html; another key behind the alias would make stored secrets unreadable
  'AWS::KMS::Alias': ['AliasName', 'TargetKeyId'],
  // aws-resource-apigateway-restapi.html: none. Only its logical id decides about the address of the API.
  'AWS::ApiGateway::RestApi': [],
  // aws-resource-apigateway-stage.html
  'AWS::ApiGateway::Stage': ['RestApiId', 'StageName'],
  // aws-resource-logs-loggroup.html
  'AWS::Logs::LogGroup': ['LogGroupName'],
  // aws-resource-sqs-queue.html
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  // aws-resource-s3-bucket.html
  'AWS::S3::Bucket': ['BucketName', 'ObjectLockEnabled'],
}

/** Properties that protect a resource. An update must not weaken them. */
const PROTECTING = ['DeletionPolicy', 'UpdateReplacePolicy'] as const

/**
 * Returns what an update would replace, delete or protect less, one line for each.
 *
 * @param now - The resources of the later package, by logical id.
 */
export function replacementsIn(before: Package['resources'], now: Package['resources']): string[] {
  return Object.entries(before).flatMap(([id, one]) => {
    const other = now[id]
    if (other === undefined) return [`${id} is deleted`]
    if (other.Type !== one.Type) return [`${id} becomes ${other.Type}`]
    const fixed = FIXED[one.Type]
    if (fixed === undefined) throw new Error(`no rule for ${one.Type}`)
    return [
      ...fixed
        .filter((name) => !isDeepStrictEqual(one.Properties[name], other.Properties[name]))
        .map((name) => `${id} has another ${name}`),
      ...PROTECTING.filter((name) => one[name] === 'Retain' && other[name] !== 'Retain').map(
        (name) => `${id} has the ${name} ${other[name]}`,
      ),
      ...changedTypes(one, other).map((name) => `${id} has another type of ${name}`),
    ]
  })
}

/** Returns attributes that have another type: "Replacement if you edit an existing AttributeDefinition" (aws-resource-dynamodb-table.html). */
function changedTypes(one: TemplateResource, other: TemplateResource): string[] {
  const typesOf = ({ Properties }: TemplateResource) =>
    new Map(
      ((Properties.AttributeDefinitions ?? []) as { AttributeName: string; AttributeType: string }[]).map(
        ({ AttributeName, AttributeType }) => [AttributeName, AttributeType],
      ),
    )
  const now = typesOf(other)
  return [...typesOf(one)].filter(([name, type]) => (now.get(name) ?? type) !== type).map(([name]) => name)
}
