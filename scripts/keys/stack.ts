import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import { type AwsCall, awsClient, withTimeout } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { Refusal } from '../cli/refusal.ts'
import { type Environment, nameOf, openAccount } from '../cli/target.ts'
import type { KeyState, Slot } from './plan.ts'

/** Whose keys, as the operator says it. */
export interface StageOptions {
  stage: string
  region?: string
  profile?: string
}

const PATIENCE_MS = 10_000

/**
 * Reads what a stage says of its keys: the outputs and events of its stack, and when KMS made the keys.
 *
 * @param env - Environment; of it, what the AWS SDKs read too.
 * @returns The region that the stage was found in, and the state.
 * @throws {@link Refusal} `refused`, if the stage is not deployed, is just being changed or was never finished.
 */
export async function readStage(
  { stage, ...options }: StageOptions,
  env: Environment,
): Promise<{ region: string; state: KeyState }> {
  const account = await openAccount(stage, options, env)
  const cloudFormation = new CloudFormationClient(account)
  const stack = await findStack(cloudFormation, stage, account.region)
  const { signing, published, tokenTtlSeconds } = readOutputs(stack)
  const config = readConfig(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_KMS'], env)
  const endpoints = { kms: config.AWS_ENDPOINT_URL_KMS ?? config.AWS_ENDPOINT_URL }
  const aws = withTimeout(awsClient({ ...account, endpoints }), PATIENCE_MS)
  const made = published.map(async (slot) => [slot, await keyMadeAt(aws, stage, slot)] as const)
  const state = {
    signing,
    madeAt: Object.fromEntries(await Promise.all(made)),
    tokenTtlSeconds,
    settledAt: await lastEventOf(cloudFormation, stage),
  }
  return { region: account.region, state }
}

async function findStack(
  cloudFormation: CloudFormationClient,
  stage: string,
  region: string,
): Promise<Stack> {
  const stack = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: nameOf(stage) }))
    .then(({ Stacks }) => Stacks?.[0])
    .catch((error: Error) => {
      // CloudFormation has no error type of its own for this.
      if (!/does not exist/.test(error.message)) throw error
    })
  if (stack === undefined) throw new Refusal('refused', `There is no stage ${stage} in ${region}.`)
  const status = String(stack.StackStatus)
  if (status.endsWith('_IN_PROGRESS')) {
    throw new Refusal(
      'refused',
      `Stage ${stage} is being changed right now (${status}). Run this again after it.`,
    )
  }
  if (!status.endsWith('_COMPLETE')) {
    throw new Refusal('refused', `Stage ${stage} is ${status}. Deploy it whole first.`)
  }
  return stack
}

function readOutputs({ Outputs = [] }: Stack) {
  const output = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? ''
  const isSlot = (text: string): text is Slot => text === 'a' || text === 'b'
  const signing = output('SigningKey')
  const published = output('PublishedKeys').split(',').filter(isSlot)
  const tokenTtlSeconds = Number(output('TokenTtlSeconds'))
  if (!isSlot(signing) || !published.includes(signing) || !(tokenTtlSeconds > 0)) {
    throw new Refusal(
      'refused',
      'The stage does not say which key signs. Deploy it once with this version first.',
    )
  }
  return { signing, published, tokenTtlSeconds }
}

async function keyMadeAt(aws: AwsCall, stage: string, slot: Slot): Promise<Date> {
  const KeyId = `alias/${nameOf(stage)}-${slot}`
  const { KeyMetadata } = await aws('kms', 'DescribeKey', { KeyId })
  // Seconds since 1970 (https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html).
  return new Date(Number(Object(KeyMetadata).CreationDate) * 1000)
}

/**
 * When the latest change of the stack had ended. CloudFormation tells the latest event first
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html); the stack's own
 * `LastUpdatedTime` is when a change began, before any function had it.
 */
async function lastEventOf(cloudFormation: CloudFormationClient, stage: string): Promise<Date> {
  const { StackEvents } = await cloudFormation.send(
    new DescribeStackEventsCommand({ StackName: nameOf(stage) }),
  )
  const at = StackEvents?.[0]?.Timestamp
  if (at === undefined) throw new Refusal('failed', 'CloudFormation does not say when the stage was changed.')
  return at
}
