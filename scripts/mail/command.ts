import { type Command, Option } from 'commander'
import type { StageOptions } from '../cli/account.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { program } from '../cli/run.ts'
import { checksOf } from './checks.ts'
import { jsonReport, textReport } from './report.ts'
import { readMailState } from './state.ts'

/** Creates the command `npm run mail`. */
export function mailCommand(io: Io): Command {
  const mail = program('mail', 'Checks whether a stage on AWS can send mail.', io)
    .requiredOption('--stage <name>', 'mail of this stage')
    .option('--region <region>', 'the AWS region')
    .option('--aws-profile, --profile <name>', 'the AWS profile')
    .option('--service <name>', 'name of the service, if not that of serverless.yml')
    .option('--stack <name>', 'name of its stack, if not SERVICE-STAGE')
    .addOption(new Option('--local').hideHelp())
    .on('option:local', () => {
      throw new Refusal(
        'usage',
        'The check asks SES, so it has no --local. Use --stage NAME. The local service shows its mails at /mailbox.',
      )
    })

  mail
    .command('check')
    .description('checks identity, DKIM, MAIL FROM, sandbox, sending, quota and suppression list in SES')
    .option('--suppressed', 'list all suppressed addresses')
    .option('--json', 'print JSON')
    .action(async ({ suppressed = false, json = false }: { suppressed?: boolean; json?: boolean }) => {
      const state = await readMailState(mail.opts<StageOptions>(), io.env, { allSuppressed: suppressed })
      const checks = checksOf(state)
      const text = json
        ? jsonReport(state, checks)
        : textReport(state, checks, suppressed, widthOf(io.stdout))
      io.stdout.write(text)
      const problems = checks.filter((check) => check.state === 'problem')
      if (problems.length > 0) {
        throw new Refusal(
          'refused',
          `Users do not get all mail. Problems: ${problems.map(({ name }) => name).join(', ')}.`,
        )
      }
    })

  return mail
}
