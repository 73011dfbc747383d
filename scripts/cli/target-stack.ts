import { openAccount } from './account.ts'
import type { Environment } from './io.ts'
import type { TargetOptions } from './target.ts'

/**
 * Finds the stack of a stage on AWS. Loads the client of CloudFormation, which most commands on users do not need.
 *
 * @throws {@link Refusal} `refused`, if the stage is not deployed, or a deployment is under way.
 */
export async function stackOf({ stage = '', ...options }: TargetOptions, env: Environment) {
  const { cloudFormationOf, findStack, outputOf } = await import('./stack.ts')
  const account = await openAccount(stage, options, env)
  const stack = await findStack(cloudFormationOf(account, env), { stage, ...options }, account.region)
  return { stack, outputOf }
}
