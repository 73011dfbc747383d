import { type Item, optionalText, text } from '../../../lib/aws/dynamodb.ts'
import { isLive } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { findUser } from '../../../lib/users/store.ts'
import { allItems } from '../../../scripts/cli/pages.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import type { Report } from './acts.ts'
import { type FederationScene, idOf } from './scene.ts'

type Write = Arrival['input']

const CLAIM = /^identity#/

/**
 * Returns the violations of: a claim stands for exactly one identity of a user, no identity has two users, nothing is of a removed
 * user, no session of an unlinked identity is live, a reset leaves no identity that was there before, nothing is decided after its
 * provider was disabled or removed, and an identity token counts once.
 */
export async function violationsOf(scene: FederationScene, history: History<Report>): Promise<string[]> {
  const items = await allItems(scene.table, 'Scan', { ConsistentRead: true })
  return [
    ...violationsOfItems(items),
    ...(await violationsOfSessions(scene, items)),
    ...violationsOfDecisions(scene, history, items),
  ]
}

function violationsOfItems(items: readonly Item[]): string[] {
  const claims = items.filter((item) => CLAIM.test(text(item, 'pk')) && text(item, 'sk') === 'identity')
  const own = items.filter((item) => CLAIM.test(text(item, 'sk')))
  const users = items
    .filter((item) => text(item, 'sk') === 'profile' && optionalText(item, 'username'))
    .map((item) => text(item, 'pk'))
  const claimed = claims.map((item) => `user#${text(item, 'userId')} ${text(item, 'pk')}`)
  const held = own.map((item) => `${text(item, 'pk')} ${text(item, 'sk')}`)
  const ids = own.map((item) => text(item, 'sk'))
  return [
    ...claimed.filter((one) => !held.includes(one)).map((one) => `a claim without an identity: ${one}`),
    ...held.filter((one) => !claimed.includes(one)).map((one) => `an identity without a claim: ${one}`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two users of ${id}`),
    ...held
      .filter((one) => !users.includes(String(one.split(' ')[0])))
      .map((one) => `a removed user has ${one}`),
    ...own.filter((item) => !optionalText(item, 'issuer')).map(() => 'half an identity'),
  ]
}

async function violationsOfSessions(
  { table, ada, one, federatedSessions }: FederationScene,
  items: readonly Item[],
): Promise<string[]> {
  if (hasIdentity(items, ada.id, idOf(one))) return []
  // A user who was removed has no profile, or the half of one.
  const user = await findUser(table, ada.id).catch(() => undefined)
  const { sessions } = await findSessions(table, ada.id)
  return sessions
    .filter(({ id }) => federatedSessions.includes(id))
    .filter((session) => isLive(session, user, new Date()))
    .map(() => 'a session of an unlinked identity is live')
}

const hasIdentity = (items: readonly Item[], userId: string, id: string) =>
  items.some((item) => text(item, 'pk') === `user#${userId}` && text(item, 'sk') === `identity#${id}`)

/** Returns the violations in the order of the requests that took effect. */
function violationsOfDecisions(
  { ada }: FederationScene,
  { arrivals }: History<Report>,
  items: readonly Item[],
): string[] {
  const steps = appliedIn(arrivals).map((arrival) => writesOf(arrival))
  const indexOf = (isWanted: (kind: string, write: Write) => boolean) =>
    steps.flatMap((writes, index) => (writes.some(([kind, write]) => isWanted(kind, write)) ? [index] : []))
  const pkOf = ({ Key, Item }: Write) => String((Key ?? Item).pk.S)
  const skOf = ({ Key, Item }: Write) => String((Key ?? Item).sk.S)
  const isLink = (kind: string, write: Write) => kind === 'Put' && skOf(write) === 'identity'
  const links = indexOf(isLink)
  const [ended = Infinity] = indexOf((_, write) => pkOf(write) === 'providers')
  const [reset = -1] = indexOf(
    (_, write) => 'ExpressionAttributeNames' in write && '#passwordHash' in write.ExpressionAttributeNames,
  )
  const tokens = steps
    .flat()
    .filter(([kind, write]) => kind === 'Delete' && pkOf(write).startsWith('pending#'))
  const spent = tokens.map(([, write]) => pkOf(write))
  const linkedAfter = steps
    .slice(reset)
    .flat()
    .filter(([kind, write]) => isLink(kind, write))
    .map(([, write]) => pkOf(write))
  const left = items.filter((item) => text(item, 'pk') === `user#${ada.id}` && CLAIM.test(text(item, 'sk')))
  return [
    ...links.filter((step) => step > ended).map(() => 'a decision after the end of its provider'),
    ...spent.filter((pk, index) => spent.indexOf(pk) !== index).map(() => 'an identity token counts twice'),
    ...(reset < 0 ? [] : left.filter((item) => !linkedAfter.includes(text(item, 'sk')))).map(
      () => 'an identity outlives a reset',
    ),
  ]
}
