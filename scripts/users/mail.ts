import { randomBytes } from 'node:crypto'
import { FIRST_ROLE, type Role } from '../../lib/application/roles.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { invite as storeAndSend } from '../../lib/operators/invitation.ts'
import type { Environment } from '../cli/io.ts'
import { mailerOf, noMail, requireMail } from '../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../cli/target-stack.ts'
import { localeOption, readAddress, roleOption } from './arguments.ts'
import { alreadyExists } from './store.ts'

/**
 * Rejects an invitation to a stage on AWS whose registration is off: its recipient could not accept it.
 *
 * @throws {@link Refusal} `refused`.
 */
async function requireInvitations(options: TargetOptions, env: Environment): Promise<void> {
  const { stage } = options
  if (stage === undefined) return
  const { stack, outputOf } = await stackOf(options, env)
  if (outputOf(stack, 'MailFrom') === '') throw noMail()
  if (outputOf(stack, 'Registration') === 'off') {
    throw new Refusal(
      'refused',
      `Registration of stage ${stage} is off. Deploy it with --param registration=invite.`,
    )
  }
}

/**
 * Sends an invitation, which lets its recipient create an account with a role.
 *
 * @param address - As its owner writes it.
 * @param options - `locale` is the language of the mail.
 */
export async function invite(
  table: OperatorTable,
  address: string,
  role: Role,
  { locale }: { locale?: string | undefined } = {},
): Promise<string> {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  const invitation = { address, role, mailId, locale, mailer: mailerOf(table) }
  const isSent = await requireMail(storeAndSend(table, invitation, table.act()))
  if (!isSent) throw alreadyExists(address.toLowerCase())
  return `An invitation to ${address} with role ${role} is on its way. It is valid for 7 days.\n`
}

/** `npm run users -- invite` */
export const inviteCommand: Subcommand = ({ command: users, options, operator, print, io }) => {
  users
    .command('invite')
    .description('sends an invitation to register')
    .argument('<address>', 'e-mail address of the new user', readAddress)
    .addOption(roleOption('role of the user').default(FIRST_ROLE))
    .addOption(localeOption('language of the mail'))
    .action(async (address: string, { role, locale }: { role: Role; locale?: string }) => {
      await requireInvitations(options(), io.env)
      print(await invite(await operator('invite'), address, role, { locale }))
      // The local service does not say how it was started.
      if (options().local)
        io.stderr.write('The link works if the service runs with registration=invite or open.\n')
    })
}
