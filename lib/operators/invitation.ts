import type { Role } from '../application/roles.ts'
import type { Table } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { mailOf, sendEvent } from '../mail/event.ts'
import { storeInvitation } from '../mail/store.ts'
import { isNameTaken } from '../users/store.ts'

/** An invitation of an operator. */
export interface Invitation {
  /** As its owner writes it. */
  address: string
  role: Role
  /** See `newMailId` in `lib/mail/confirmation.ts`. */
  mailId: string
  /** Name of the function. */
  mailer: string
  /** Language of the mail; by default the first one. */
  locale?: string | undefined
}

/**
 * Stores an invitation, and has it sent. Its recipient can create an account with the role.
 *
 * @returns Whether it is on its way: no user has the address.
 * @throws {@link ServiceError} `unavailable`, or the error of the mailer's invocation.
 */
export async function invite(
  table: Table,
  { address, role, mailId, mailer, locale: language }: Invitation,
  act: Act,
): Promise<boolean> {
  if (await isNameTaken(table, address.toLowerCase())) return false
  // The event has no role: functions that may invoke the mailer could choose it.
  await storeInvitation(table, mailId, role, act)
  await sendEvent(table.aws, mailer, { kind: 'invitation', mailId, language, ...mailOf(act) })
  return true
}
