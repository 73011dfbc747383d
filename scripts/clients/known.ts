import { isApiIdentifier, normalForm } from '../../lib/oauth/apis/api.ts'
import { ownAudienceOf } from '../../lib/tokens/client-token.ts'
import { actAudienceOf } from '../../lib/values.ts'
import { usualAudience } from '../../project/names.ts'
import type { Environment } from '../cli/io.ts'
import { findLocal } from '../cli/local.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../cli/target-stack.ts'

/**
 * Returns the issuer, the audience of the application's own tokens, and that of tokens for the service's own API. No client and no API
 * may have one of them as its id: a verifier would take tokens of one kind for those of the other. The own API itself is registered under
 * `publicUrl`, which is the issuer by default: its tokens have neither as their audience.
 *
 * A local service that only `--endpoint` names does not say its audience, so it is the default one of its table. Its `publicUrl` is its
 * issuer.
 *
 * @param tableName - Of the local service.
 * @throws {@link Refusal} `refused`, if the stage is not deployed or does not say them; `failed`, if the stack cannot be read.
 */
export async function takenIdentifiers(
  options: TargetOptions,
  env: Environment,
  tableName: string,
): Promise<string[]> {
  if (options.stage === undefined) {
    const { audience = usualAudience(tableName) } = await findLocal(options)
    return [audience]
  }
  const { stack, outputOf } = await stackOf(options, env).catch((error: Error) => {
    if (error instanceof Refusal) throw error
    throw new Refusal(
      'failed',
      `Issuer and audience of stage ${options.stage} are unknown (cloudformation:DescribeStacks: ${error.name}). Nothing was changed.`,
    )
  })
  const [issuer = '', audience = '', publicUrl = ''] = ['Issuer', 'Audience', 'PublicUrl'].map((name) =>
    outputOf(stack, name),
  )
  if (issuer !== '' && audience !== '') {
    const own = [issuer, audience, ownAudienceOf(issuer), actAudienceOf(issuer)]
    return own.filter((one) => !isTaken(one, [publicUrl]))
  }
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

/** Whether an identifier is, among those taken, that of tokens with which operators act as users. */
export const isOfActs = (identifier: string, taken: readonly string[]): boolean =>
  isTaken(
    identifier,
    taken.filter((one) => one.endsWith(actAudienceOf(''))),
  )
