import { redirectUriOf } from '../../lib/federation/provider.ts'
import type { Environment } from '../cli/io.ts'
import { findLocal } from '../cli/local.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../cli/target-stack.ts'

/**
 * Returns the redirect URI to register at a provider. Where the address of the service is unknown, `PUBLIC_URL` stands for it: the
 * stack may not be read, or the local service is named only by the address of its DynamoDB.
 */
export async function findRedirectUri(options: TargetOptions, env: Environment, id: string): Promise<string> {
  const url = await (options.stage === undefined ? localUrl(options) : stageUrl(options, env))
  return redirectUriOf((url || 'PUBLIC_URL').replace(/\/$/, ''), id)
}

const localUrl = async (options: TargetOptions): Promise<string | undefined> => (await findLocal(options)).url

async function stageUrl(options: TargetOptions, env: Environment): Promise<string> {
  try {
    const { stack, outputOf } = await stackOf(options, env)
    return outputOf(stack, 'PublicUrl')
  } catch {
    return ''
  }
}
