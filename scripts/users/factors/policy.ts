import { isCovered, type Role } from '../../../lib/application/roles.ts'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { type FactorPolicy, factorsOf, needsFactor } from '../../../lib/users/factors.ts'
import type { Io } from '../../cli/io.ts'
import type { TargetOptions } from '../../cli/target.ts'
import { stackOf } from '../../cli/target-stack.ts'
import { findExisting } from '../store.ts'

/**
 * Returns a function for the sentence that says when a role takes effect, if the stage requires a second factor that the user
 * does not have. The role is stored all the same: the next sign-in leads to the enrolment. The stack is read once.
 *
 * The local service does not say how it was started, so it has none. If the stack cannot be read, standard error says that.
 */
export function roleNotices(table: Table, role: Role, options: TargetOptions, io: Io) {
  let reading: Promise<FactorPolicy | undefined> | undefined
  return async (loginName: string): Promise<string> => {
    if (options.stage === undefined || !isCovered(role)) return ''
    const user = await findExisting(table, loginName)
    if (factorsOf(user).length > 0) return ''
    reading ??= policyOf(options, io).catch((error: Error) => {
      io.stderr.write(
        `Whether stage ${options.stage} requires a second factor is unknown: ${error.message}\n`,
      )
      return undefined
    })
    const policy = await reading
    if (policy === undefined || !needsFactor({ role }, policy)) return ''
    return `The role takes effect once ${loginName} has a second factor. The next sign-in asks for one.\n`
  }
}

async function policyOf(options: TargetOptions, { env }: Io): Promise<FactorPolicy> {
  const { stack, outputOf } = await stackOf(options, env)
  const policy = outputOf(stack, 'RequireSecondFactor')
  return policy === 'administrators' || policy === 'all' ? policy : 'none'
}
