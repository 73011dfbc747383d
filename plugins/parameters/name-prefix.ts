import { CONFIGURATION } from '../../project/project.ts'
import { stageName } from './lasting.ts'

/** Longest value of `namePrefix`. The name of a function may have 64 characters, and the longest one is `PREFIX-confirm-email`. */
export const LONGEST_PREFIX = 50

/** Names of functions and stacks take these characters only, and those of keys, tables and queues take them too. */
export function namePrefix(text: string): void {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(text) || text.length > LONGEST_PREFIX) {
    throw new Error(
      `must be 1 to ${LONGEST_PREFIX} letters, digits and hyphens, with a letter first. Its default is SERVICE-STAGE-auth`,
    )
  }
}

/**
 * Reports a deployment that would give all tables and keys of the running stage other names: CloudFormation would make new, empty ones.
 *
 * @param outputs - Of the deployed stack, by name.
 */
export function faultsOfPrefix(
  { TableName: deployed }: Readonly<Record<string, string>>,
  prefix: string,
  stage: string,
): string[] {
  if (deployed === undefined || deployed === prefix) return []
  return [
    `The stage ${stage} has its users in the table ${deployed}. This deployment would make an empty one, ${prefix}.`,
    `Names cannot change: write into ${CONFIGURATION} stages: { ${stageName(stage)}: { namePrefix: '${deployed}' } }.`,
  ]
}
