import { hash } from 'node:crypto'
import { isRole, type Role } from '../application/roles.ts'
import {
  attribute,
  attributesOf,
  getItems,
  optionalText,
  type Table,
  type TransactWrite,
  transact,
  writeIf,
} from '../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../aws/item.ts'
import { type Act, eventOf } from '../events/event.ts'
import { secondOf } from '../time.ts'
import { CONFIRMATION, type Confirmation, INVITATION_TTL_SECONDS } from './confirmation.ts'

/** How long the claim of a notice is kept. Lambda drops an event after ten minutes. */
const CLAIM_TTL_SECONDS = 3_600

/**
 * Returns the key of a mail's item. Only a hash of its id is stored, because that of a confirmation may
 * contain an address.
 */
export const mailKey = (id: string) => ({
  pk: { S: `mail#${hash('sha256', id, 'base64url')}` },
  sk: { S: 'mail' },
})

/** The try that claims a mail. */
export interface Claim {
  /** Random id of this try, with which a repeated write recognises itself. */
  claimId: string
  /** Lambda's id of the invocation, which all tries of one invocation have. */
  invocationId: string
}

/**
 * State of a mail, for a try that wants to send it:
 * - `unclaimed`: no try has claimed it;
 * - `claimed`: this try may send it;
 * - `repeated`: it was sent, or another invocation with the same event is responsible for it;
 * - `unresolved`: an earlier or concurrent try of this invocation claimed it, and nothing shows whether it was sent.
 */
export type ClaimState = 'unclaimed' | 'claimed' | 'repeated' | 'unresolved'

/** A claim of a mail, and the confirmation of the mail. A notice has none. */
interface ClaimedMail {
  claim: Claim
  confirmation: Confirmation | undefined
}

/**
 * Claims a mail before it is sent, and stores its confirmation. Lambda may deliver an event more than once.
 * The first invocation that claims an id stays responsible for it. Further tries of that invocation may claim
 * it only after {@link releaseMail}.
 *
 * @returns This try may send the mail only if the state is `claimed`.
 * @throws {@link ServiceError} `unavailable`. Then the mail must not be sent, and the claim is given up if
 *   possible.
 */
export async function claimMail(
  table: Table,
  id: string,
  { claim, confirmation }: ClaimedMail,
  now: Date,
): Promise<ClaimState> {
  const values = { ...claim, expiresAt: secondOf(now) + CLAIM_TTL_SECONDS, ...confirmation }
  const isClaimed = await writeIf(table, 'PutItem', {
    Item: { ...mailKey(id), ...attributesOf(values) },
    ConditionExpression:
      'attribute_not_exists(pk) OR (invocationId = :invocationId AND attribute_exists(refusedAt))',
    ExpressionAttributeValues: { ':invocationId': attribute(claim.invocationId) },
  }).catch(async (error) => {
    // The write may be stored, with its response lost.
    await releaseMail(table, id, claim, now).catch(() => {})
    throw error
  })
  return isClaimed ? 'claimed' : await findClaim(table, id, claim)
}

/**
 * Finds the state of a mail, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findClaim(
  table: Table,
  id: string,
  { claimId, invocationId }: Claim,
): Promise<ClaimState> {
  const [mail] = await getItems(table, [mailKey(id)], ['claimId', 'invocationId', 'sentAt'])
  if (mail === undefined) return 'unclaimed'
  if (optionalText(mail, 'invocationId') !== invocationId || mail.sentAt) return 'repeated'
  return optionalText(mail, 'claimId') === claimId ? 'claimed' : 'unresolved'
}

/**
 * Gives up a claim, because the mail was certainly not sent. The next try may send it. The link and code of
 * this try become invalid.
 *
 * @throws {@link ServiceError} `unavailable`. Then no try sends the mail.
 */
export async function releaseMail(table: Table, id: string, { claimId }: Claim, now: Date): Promise<void> {
  const expression = 'SET refusedAt = :now REMOVE secretHash, codeHash'
  await writeIf(table, 'UpdateItem', changeOfClaim(id, claimId, expression, now))
}

/** A claim whose mail was sent. */
interface SentMail {
  claim: Claim
  /**
   * A write that the mail causes. It is in one transaction with the mark. If it is refused, only the mark is
   * written.
   */
  effect?: TransactWrite
}

/**
 * Marks a claimed mail as sent, so that a repeated event ends without an error.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function markSent(
  table: Table,
  id: string,
  { claim, effect }: SentMail,
  now: Date,
): Promise<void> {
  const mark = changeOfClaim(id, claim.claimId, 'SET sentAt = :now', now)
  if (effect && (await transact(table, [effect, { Update: mark }])) === undefined) return
  await writeIf(table, 'UpdateItem', mark)
}

/** Returns a change of a mail, if the claim is still that of this try. */
const changeOfClaim = (id: string, claimId: string, UpdateExpression: string, now: Date) => ({
  Key: mailKey(id),
  UpdateExpression,
  ConditionExpression: 'claimId = :claimId',
  ExpressionAttributeValues: { ':claimId': attribute(claimId), ':now': attribute(secondOf(now)) },
})

/**
 * Finds the confirmation of a mail, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findConfirmation(table: Table, mailId: string): Promise<Confirmation | undefined> {
  const [item] = await getItems(table, [mailKey(mailId)], namesOf(CONFIRMATION))
  return item?.secretHash && valuesOf(CONFIRMATION, item)
}

/** Returns the key of an invitation's item, in the partition of its mail. */
const invitationKey = (mailId: string) => ({ pk: mailKey(mailId).pk, sk: { S: 'invitation' } })

/** An operator's clock decides when an invitation is deleted, but not how long it is valid. */
const OPERATOR_CLOCK_SECONDS = 86_400

/**
 * Stores an invitation with the role that an operator chose for the new user. No function has the permission
 * to store one, or a role in the item of a mail.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function storeInvitation(table: Table, mailId: string, role: Role, act: Act): Promise<void> {
  const expiresAt = secondOf(act.now) + INVITATION_TTL_SECONDS + OPERATOR_CLOCK_SECONDS
  const invitation = {
    Item: { ...invitationKey(mailId), ...attributesOf({ role, expiresAt }) },
    ConditionExpression: 'attribute_not_exists(pk)',
  }
  const subject = mailKey(mailId).pk.S
  const event = eventOf(table, act, { type: 'invitation.created', subject, detail: role })
  await transact(table, [{ Put: invitation }, event])
}

/** Whether an operator stored an invitation, with a consistent read that returns no role. */
export async function isInvited(table: Table, mailId: string): Promise<boolean> {
  const [invitation] = await getItems(table, [invitationKey(mailId)], [])
  return invitation !== undefined
}

/**
 * Finds the role that an operator chose for an invitation, with a consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findInvitedRole(table: Table, mailId: string): Promise<Role | undefined> {
  const [invitation] = await getItems(table, [invitationKey(mailId)], ['role'])
  const role = invitation && optionalText(invitation, 'role')
  return isRole(role) ? role : undefined
}

/**
 * Returns the write that spends a confirmation, on condition that it is not spent. It is part of a
 * transaction.
 */
export const spend = (mailId: string, now: Date): TransactWrite => ({
  Update: {
    Key: mailKey(mailId),
    UpdateExpression: 'SET spentAt = :now',
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentAt)',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)) },
  },
})
