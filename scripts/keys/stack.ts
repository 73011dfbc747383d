import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import type { AwsCall } from '../../lib/aws/client.ts'
import { operatorClient } from '../../lib/aws/operator.ts'
import { keyAlias } from '../../project/names.ts'
import { endpointsOf, openAccount, type StageOptions } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { prefixOf, stackNameOf } from '../cli/project.ts'
import { Refusal } from '../cli/refusal.ts'
import { cloudFormationOf, findStack, outputOf } from '../cli/stack.ts'
import type { KeyState, Slot } from './plan.ts'

/**
 * Reads the state of a stage's keys from the outputs and events of its stack, and from KMS.
 *
 * @param env - Environment. Region and credentials come from the variables that the AWS SDKs read.
 * @returns The region of the stage, and the state.
 * @throws {@link Refusal} `refused`, if the stage is not deployed, or a deployment is under way or has failed.
 */
export async function readStage(
  options: StageOptions,
  env: Environment,
): Promise<{ region: string; state: KeyState }> {
  const account = await openAccount(options.stage, options, env)
  const { kms } = endpointsOf(env)
  const cloudFormation = cloudFormationOf(account, env)
  const stack = await findStack(cloudFormation, options, account.region)
  const { signing, published, tokenTtlSeconds } = readOutputs(stack)
  const aws = operatorClient({ ...account, endpoints: { kms } })
  const prefix = prefixOf(options)
  const made = published.map(async (slot) => [slot, await keyMadeAt(aws, keyAlias(prefix, slot))] as const)
  const state = {
    signing,
    madeAt: Object.fromEntries(await Promise.all(made)),
    tokenTtlSeconds,
    settledAt: await lastEventOf(cloudFormation, stackNameOf(options)),
  }
  return { region: account.region, state }
}

function readOutputs(stack: Stack) {
  const isSlot = (text: string): text is Slot => text === 'a' || text === 'b'
  const signing = outputOf(stack, 'SigningKey')
  const published = outputOf(stack, 'PublishedKeys').split(',').filter(isSlot)
  const tokenTtlSeconds = Number(outputOf(stack, 'TokenTtlSeconds'))
  if (!isSlot(signing) || !published.includes(signing) || !(tokenTtlSeconds > 0)) {
    throw new Refusal(
      'refused',
      'The stack has no outputs that name its keys. Deploy it with this version first.',
    )
  }
  return { signing, published, tokenTtlSeconds }
}

async function keyMadeAt(aws: AwsCall, KeyId: string): Promise<Date> {
  const { KeyMetadata } = await aws('kms', 'DescribeKey', { KeyId })
  // Seconds since 1970 (https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html).
  return new Date(Number(Object(KeyMetadata).CreationDate) * 1000)
}

/**
 * Returns when the latest change of the stack ended. CloudFormation lists the latest event first
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html). The stack's own
 * `LastUpdatedTime` is when a change began, before any function had it.
 */
async function lastEventOf(cloudFormation: CloudFormationClient, name: string): Promise<Date> {
  const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: name }))
  const at = StackEvents?.[0]?.Timestamp
  if (at === undefined) throw new Refusal('failed', 'CloudFormation returned no events of the stack.')
  return at
}
