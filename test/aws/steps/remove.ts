import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { PREFIX } from '../deployment.ts'
import { aliasesOf, deployment, operator, snapshot, succeeded } from '../stage.ts'

const { aws, options } = deployment

describe('npm run remove -- --stage prod', () => {
  test('removes everything except the table with its users and the key of their factors', async () => {
    const { items, outputs } = await snapshot()
    const { ServerlessDeploymentBucketName: Bucket } = outputs
    succeeded(await operator.npmRun(['remove', '--', '--stage', 'prod']))

    await expect(deployment.outputs()).rejects.toThrow(/does not exist/)
    // moto leaves the API. AWS deletes it with the rest of the stack.
    expect((await new LambdaClient(options).send(new ListFunctionsCommand({}))).Functions).toEqual([])
    expect((await new IAMClient(options).send(new ListRolesCommand({}))).Roles).toEqual([])
    const { Buckets = [] } = await new S3Client(options).send(new ListBucketsCommand({}))
    expect(Buckets.map(({ Name }) => Name)).not.toContain(Bucket)
    expect(await aliasesOf()).toEqual([`alias/${PREFIX}-factors`])
    expect((await aws('dynamodb', 'Scan', { TableName: PREFIX })).Items).toEqual(items)
  })
})
