import { randomBytes, randomUUID } from 'node:crypto'
import { FIRST_ROLE, type Role } from '../../lib/application/roles.ts'
import { awsErrorType } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { type MailEvent, type NoticeKind, sendEvent } from '../../lib/mail/event.ts'
import { invite as storeAndSend } from '../../lib/operators/invitation.ts'
import type { Environment, Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { stackOf } from '../cli/target-stack.ts'
import { readAddress, roleOption } from './arguments.ts'
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
 */
export async function invite(table: OperatorTable, address: string, role: Role): Promise<string> {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), address)
  const invitation = { address, role, mailId, mailer: mailerOf(table) }
  const isSent = await requireMail(storeAndSend(table, invitation, table.act()))
  if (!isSent) throw alreadyExists(address.toLowerCase())
  return `An invitation to ${address} with role ${role} is on its way. It is valid for 7 days.\n`
}

/**
 * Notifies a user by mail of a change that an operator made, if the service sends mails. A failure is reported and does not
 * matter: the change is made.
 *
 * @param to - Address of the user before the change, if it had one.
 * @param username - As the notice names the user.
 * @returns The line for the operator, or nothing if there is no notice.
 */
export async function notify(
  table: Table,
  kind: NoticeKind,
  to: string | undefined,
  username: string,
  { now, stderr }: Io,
): Promise<string> {
  if (to === undefined) return ''
  try {
    await send(table, { kind, id: randomUUID(), to, username, at: now().toISOString() })
    return `A notice is on its way to ${to}.\n`
  } catch (error) {
    if (!isWithoutMail(error)) stderr.write(`No notice was sent to ${to}: ${awsErrorType(error)}.\n`)
    return ''
  }
}

/**
 * Hands an event to the mailer.
 *
 * @throws {@link Refusal} `refused`, if the service sends no mails.
 */
export const hand = (table: Table, event: MailEvent): Promise<void> => requireMail(send(table, event))

/** Waits for what hands an event to the mailer; see {@link hand}. */
export const requireMail = <T>(handing: Promise<T>): Promise<T> =>
  handing.catch((error) => {
    throw isWithoutMail(error) ? noMail() : error
  })

/** Invokes the mailer. */
const send = (table: Table, event: MailEvent) => sendEvent(table.aws, mailerOf(table), event)

/** Returns the name of the mailer, which begins as that of the table. */
export const mailerOf = ({ name }: Table): string => `${name}-mailer`

/** Whether a stage has no mailer. */
const isWithoutMail = (error: unknown): boolean => awsErrorType(error) === 'ResourceNotFoundException'

const noMail = () =>
  new Refusal('refused', 'The service sends no mails. Deploy it with --param mailFrom=ADDRESS.')

/** `npm run users -- invite` */
export const inviteCommand: Subcommand = ({ command: users, options, operator, print, io }) => {
  users
    .command('invite')
    .description('sends an invitation to register')
    .argument('<address>', 'e-mail address of the new user', readAddress)
    .addOption(roleOption('role of the user').default(FIRST_ROLE))
    .action(async (address: string, { role }: { role: Role }) => {
      await requireInvitations(options(), io.env)
      print(await invite(await operator('invite'), address, role))
      // The local service does not say how it was started.
      if (options().local)
        io.stderr.write('The link works if the service runs with registration=invite or open.\n')
    })
}
