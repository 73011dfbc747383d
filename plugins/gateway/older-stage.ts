import { type CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation'
import { IS_PACKAGE } from '../../project/origin.ts'
import type { Serverless } from '../framework.d.ts'
import { STAGE_ID } from './stage.ts'

/** What `sls deploy` prints for an API with an older stage. */
export const NOTICE =
  'The stage of this API is older than serverless-jwt-auth in it, so API Gateway does not limit single routes. The limits on failed passwords hold.'

/**
 * Whether the framework made the stage of the deployed API, before the plugin was in its project. CloudFormation makes no stage of a name
 * that exists, so that one stays.
 */
export async function hasOlderStage(serverless: Serverless): Promise<boolean> {
  if (!IS_PACKAGE || serverless.processedInput.commands.join(' ') !== 'deploy') return false
  const provider = serverless.getProvider('aws')
  const client = await provider.getCloudFormationClient()
  const stack = provider.naming.getStackName()
  const [hasApi, hasStage] = await Promise.all(
    ['ApiGatewayRestApi', STAGE_ID].map((id) => hasResource(client, stack, id)),
  )
  return hasApi === true && hasStage === false
}

/** Whether a stack has a resource, or `undefined` if CloudFormation cannot say. */
const hasResource = (client: CloudFormationClient, StackName: string, LogicalResourceId: string) =>
  client.send(new DescribeStackResourceCommand({ StackName, LogicalResourceId })).then(
    () => true,
    ({ message }: Error) => (message.includes('does not exist') ? false : undefined),
  )
