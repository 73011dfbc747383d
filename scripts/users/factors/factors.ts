import { randomBytes } from 'node:crypto'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../../lib/factors/recovery-codes/recovery-codes.ts'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { notifiedOf } from '../../../lib/mail/event.ts'
import { endingOfFactorReset, resetEventOf } from '../../../lib/mail/factor-reset.ts'
import type { Administered } from '../../../lib/operators/accounts.ts'
import { removeFactorsAtOnce, requestFactorReset } from '../../../lib/operators/factors.ts'
import { factorsOf } from '../../../lib/users/factors.ts'
import { verifiedMailboxOf } from '../../../lib/users/user.ts'
import type { Io } from '../../cli/io.ts'
import { hand, notify } from '../../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import { ofUser } from '../arguments.ts'
import { changeExisting, findExisting, requireEnabled } from '../store.ts'

// As in `changes.ts`, no command writes a time that decides about a factor: the mailer says when a reset was announced.

/**
 * Prints a one-time code, by which a user who must have a second factor proves the first enrolment. The operator has made sure
 * who the user is, and hands the code over.
 */
async function startEnrolment(table: OperatorTable, loginName: string): Promise<string> {
  const user = await findExisting(table, loginName)
  requireEnabled(user, loginName)
  if (factorsOf(user).length > 0) {
    throw new Refusal('refused', `User ${loginName} has a second factor. Use reset-factors if it is lost.`)
  }
  const code = await storeEnrolmentCode(table, user, randomBytes(CODE_RANDOM_BYTES), table.act())
  return `${code}\nThis code lets ${loginName} add a second factor at the next sign-in. It works once, with the password, within 24 hours.\n`
}

/** Options of `reset-factors`. */
interface FactorResetOptions {
  withoutNotice?: boolean
}

/**
 * Requests that the second factors of a user are removed, and hands the notice to the mailer. They are removed at the first
 * sign-in after the delay, which begins when the mail was sent. Without a notice they are removed at once.
 */
export async function resetFactors(
  table: OperatorTable,
  loginName: string,
  { withoutNotice = false }: FactorResetOptions,
  io: Io,
): Promise<string> {
  const user = await findExisting(table, loginName)
  requireFactors(user, loginName)
  if (withoutNotice) return await removeAtOnce(table, loginName, user, io)
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  let to = ''
  await changeExisting(table, loginName, user, (current, changeId) => {
    to = requireAddress(current, loginName)
    return requestFactorReset(table, current, { mailId, changeId }, table.act())
  })
  try {
    await hand(table, { kind: 'factor-reset', mailId, userId: user.id, at: io.now().toISOString() })
  } catch (error) {
    // Without its announcement it has no effect, but `show` should not show it. Another operator may have replaced it.
    const withdrawn = resetEventOf(table, table.act(), user.id, 'withdrawn')
    await transact(table, [endingOfFactorReset(user.id, { mailId }), withdrawn]).catch(() => undefined)
    throw error instanceof Refusal ? new Refusal('refused', `${error.message} ${AT_ONCE}`) : error
  }
  return `A notice is on its way to ${to}. Only a sign-in with the password removes the second factors of ${loginName}: the first one after the delay. Until then, its link or a complete sign-in cancels that.\n`
}

const AT_ONCE = 'Use --without-notice to remove the second factors at once.'

function requireAddress(user: Administered, loginName: string): string {
  const to = verifiedMailboxOf(user)
  if (to !== undefined) return to
  throw new Refusal('refused', `User ${loginName} has no verified address for the notice. ${AT_ONCE}`)
}

function requireFactors(user: Administered, loginName: string): void {
  if (factorsOf(user).length === 0) throw new Refusal('refused', `User ${loginName} has no second factor.`)
}

async function removeAtOnce(
  table: OperatorTable,
  loginName: string,
  found: Administered,
  io: Io,
): Promise<string> {
  let changed = found
  await changeExisting(table, loginName, found, async (user, changeId) => {
    // Another operator may have removed them since then.
    if (user !== found) requireFactors(user, loginName)
    changed = user
    return await removeFactorsAtOnce(table, user, { changeId }, table.act())
  })
  const notice = await notify(table, 'factors-removed', notifiedOf(changed), io)
  return `The second factors of ${loginName} are removed. All sessions have ended.\n${notice}`
}

/** `npm run users -- start-enrolment` */
export const startEnrolmentCommand: Subcommand = (program) => {
  const description = 'prints a one-time code for the first second factor of a user'
  ofUser(program, 'start-enrolment', description).action(async (name: string) => {
    program.print(await startEnrolment(await program.operator('start-enrolment'), name))
    // The policy is a setting of the functions, and the code is stored under any.
    program.io.stderr.write('The sign-in asks for it if requireSecondFactor covers the user.\n')
  })
}

/** `npm run users -- reset-factors` */
export const resetFactorsCommand: Subcommand = (program) => {
  ofUser(program, 'reset-factors', 'removes the second factors of a user, after a notice and a delay')
    .option('--without-notice', 'remove them at once')
    .action(async (name: string, options: FactorResetOptions) =>
      program.print(await resetFactors(await program.operator('reset-factors'), name, options, program.io)),
    )
}
