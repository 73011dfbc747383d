import { isApiIdentifier, normalForm } from '../../lib/oauth/apis/api.ts'
import { nameOf } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../users/target-stack.ts'

/**
 * Returns the issuer and the audience of the application's own tokens. No client and no API may have one of them as its id: a
 * verifier would take tokens of one kind for those of the other.
 *
 * The local service does not say how it was started, so its audience is the default one. Its issuer is no https URI.
 *
 * @throws {@link Refusal} `refused`, if the stage is not deployed or does not say them; `failed`, if the stack cannot be read.
 */
export async function takenIdentifiers(options: TargetOptions, env: Environment): Promise<string[]> {
  if (options.stage === undefined) return [`${nameOf('dev')}-api`]
  const { stack, outputOf } = await stackOf(options, env).catch((error: Error) => {
    if (error instanceof Refusal) throw error
    throw new Refusal(
      'failed',
      `Issuer and audience of stage ${options.stage} are unknown (cloudformation:DescribeStacks: ${error.name}). Nothing was changed.`,
    )
  })
  const taken = ['Issuer', 'Audience'].map((name) => outputOf(stack, name))
  if (!taken.includes('')) return taken
  throw new Refusal(
    'refused',
    `Stage ${options.stage} does not say its issuer and audience. Deploy it again first.`,
  )
}

/** Whether an identifier is one of others, also in another spelling of the same URI. */
export const isTaken = (identifier: string, taken: readonly string[]): boolean =>
  taken.some(
    (one) =>
      one === identifier ||
      (isApiIdentifier(one) && isApiIdentifier(identifier) && normalForm(one) === normalForm(identifier)),
  )
