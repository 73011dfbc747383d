import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation'
import { endpointsOf, type openAccount, type StageOptions } from './account.ts'
import type { Environment } from './io.ts'
import { stackNameOf } from './project.ts'
import { Refusal } from './refusal.ts'

/** Region and credentials of an account, as {@link openAccount} finds them. */
export type Account = Awaited<ReturnType<typeof openAccount>>

/** Creates a client of CloudFormation. */
export function cloudFormationOf(account: Account, env: Environment): CloudFormationClient {
  const endpoint = env.AWS_ENDPOINT_URL_CLOUDFORMATION ?? endpointsOf(env).all?.href
  return new CloudFormationClient({ ...account, ...(endpoint && { endpoint }) })
}

/**
 * Finds the stack of a stage.
 *
 * @throws {@link Refusal} `refused`, if the stage is not deployed, or a deployment is under way or has failed.
 */
export async function findStack(
  cloudFormation: CloudFormationClient,
  options: StageOptions,
  region: string,
): Promise<Stack> {
  const { stage } = options
  const stack = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: stackNameOf(options) }))
    .then(({ Stacks }) => Stacks?.[0])
    .catch((error: Error) => {
      // CloudFormation has no error type for this.
      if (!/does not exist/.test(error.message)) throw error
    })
  if (stack === undefined) throw new Refusal('refused', `Stage ${stage} does not exist in ${region}.`)
  const status = String(stack.StackStatus)
  if (status.endsWith('_IN_PROGRESS')) {
    throw new Refusal(
      'refused',
      `A deployment of stage ${stage} is under way (${status}). Run this again after it.`,
    )
  }
  if (!status.endsWith('_COMPLETE')) {
    throw new Refusal('refused', `Stage ${stage} is ${status}. Deploy it successfully first.`)
  }
  return stack
}

/** Returns an output of a stack, or an empty string if the stack has no such output. */
export const outputOf = ({ Outputs = [] }: Stack, key: string): string =>
  Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? ''
