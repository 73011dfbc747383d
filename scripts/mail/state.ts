import { documentOf } from '../../project/commands.ts'
import { openAccount, type StageOptions } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { cloudFormationOf, findStack, outputOf } from '../cli/stack.ts'
import type { MailState } from './ses.ts'

/**
 * Reads the sender of a stage from the outputs of its stack, and the state of sender and account from SES.
 *
 * @param env - Environment. Region and credentials come from the variables that the AWS SDKs read.
 * @param options - `allSuppressed`: read all pages of the suppression list, not only the first.
 * @throws {@link Refusal} `refused`, if the stage is not deployed or sends no mail. `failed`, if a permission is missing.
 */
export async function readMailState(
  options: StageOptions,
  env: Environment,
  { allSuppressed }: { allSuppressed: boolean },
): Promise<MailState> {
  // First, because the package leaves the client of SES to who needs it.
  const { openSes, readSes } = await import('./ses.ts')
  const { stage } = options
  const account = await openAccount(stage, options, env)
  const { region } = account
  const stack = await findStack(cloudFormationOf(account, env), options, region)
  const mailFrom = outputOf(stack, 'MailFrom')
  if (!mailFrom.includes('@')) {
    throw new Refusal(
      'refused',
      `Stage ${stage} sends no mail. Deploy it with the parameter mailFrom; see ${documentOf('MAIL.md')}.`,
    )
  }
  return { stage, region, mailFrom, ...(await readSes(openSes(account, env), mailFrom, allSuppressed)) }
}
