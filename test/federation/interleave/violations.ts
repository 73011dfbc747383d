import { type Item, optionalText, text } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { isLive } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { findUser } from '../../../lib/users/store.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import { type Arrival, writesOf } from '../../support/interleave/history.ts'
import type { Ended } from '../../support/interleave/world.ts'
import { type ActName, actOf, type Report } from './acts.ts'
import { type FederationScene, idOf, type Owner } from './scene.ts'

type Write = Arrival['input']

/** A request that took effect: of which operation, and its writes. */
interface Step {
  name: ActName
  writes: [kind: string, write: Write][]
}

const CLAIM = /^credential#identity#/
const OWN = /^identity#/

/**
 * Returns the violations of: a claim stands for exactly one identity of a user, no identity has two users, nothing is of a removed
 * user, no session of an unlinked identity is live, the newest password wins, nothing is decided after its provider was disabled or
 * removed, and an identity token and a response count once.
 */
export async function violationsOf({
  scene,
  names,
  history,
}: Ended<ActName, FederationScene, Report>): Promise<string[]> {
  const items = await allItems(scene.table, 'Scan', { ConsistentRead: true })
  const steps = appliedIn(history.arrivals).map((arrival) => ({
    name: names[arrival.by] as ActName,
    writes: writesOf(arrival),
  }))
  const ofOwners = [scene.ada, scene.dora].map(async (owner) => {
    const live = await liveSessionsOf(scene, owner)
    return [...violationsOfSessions(owner, live, items), ...violationsOfPasswords(owner, live, items, steps)]
  })
  return [
    ...violationsOfItems(items),
    ...violationsOfDecisions(steps),
    ...(await Promise.all(ofOwners)).flat(),
  ]
}

function violationsOfItems(items: readonly Item[]): string[] {
  const claims = items.filter((item) => CLAIM.test(text(item, 'pk')))
  const own = items.filter((item) => OWN.test(text(item, 'sk')))
  const users = items
    .filter((item) => text(item, 'sk') === 'profile' && optionalText(item, 'username'))
    .map((item) => text(item, 'pk'))
  const claimed = claims.map(
    (item) => `user#${text(item, 'userId')} ${text(item, 'pk').slice('credential#'.length)}`,
  )
  const held = own.map((item) => `${text(item, 'pk')} ${text(item, 'sk')}`)
  const ids = own.map((item) => text(item, 'sk'))
  return [
    ...claimed.filter((one) => !held.includes(one)).map((one) => `a claim without an identity: ${one}`),
    ...held.filter((one) => !claimed.includes(one)).map((one) => `an identity without a claim: ${one}`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two users of ${id}`),
    ...[...held, ...claimed]
      .filter((one) => !users.includes(String(one.split(' ')[0])))
      .map((one) => `a removed user has ${one}`),
    ...own.filter((item) => !optionalText(item, 'issuer')).map(() => 'half an identity'),
  ]
}

/** Returns the live sessions of a user. */
async function liveSessionsOf({ table }: FederationScene, { user: { id } }: Owner) {
  // A user who was removed has no profile, or the half of one.
  const user = await findUser(table, id).catch(() => undefined)
  const { sessions } = await findSessions(table, id)
  return sessions.filter((session) => isLive(session, user, new Date()))
}

type Live = Awaited<ReturnType<typeof liveSessionsOf>>

const violationsOfSessions = ({ user, one }: Owner, live: Live, items: readonly Item[]): string[] =>
  identitiesOf(user.id, items).includes(`identity#${idOf(one)}`)
    ? []
    : live.map(() => 'a session of an unlinked identity is live')

const identitiesOf = (userId: string, items: readonly Item[]): string[] =>
  items
    .filter((item) => text(item, 'pk') === `user#${userId}` && OWN.test(text(item, 'sk')))
    .map((item) => text(item, 'sk'))

const keyIn = ({ Key, Item }: Write): { pk: string; sk: string } => {
  const { pk, sk } = Key ?? Item
  return { pk: pk.S, sk: sk.S }
}

/**
 * Returns the violations of: the newest password is stored, no session is older, a reset leaves no identity, and no request takes
 * effect afterwards that has proved an older password.
 */
function violationsOfPasswords(
  { user: { id } }: Owner,
  live: Live,
  items: readonly Item[],
  steps: readonly Step[],
): string[] {
  const pk = `user#${id}`
  const indexesOf = (isWanted: (step: Step, sk: string, write: Write) => boolean) =>
    steps.flatMap((step, index) =>
      step.writes.some(([, write]) => keyIn(write).pk === pk && isWanted(step, keyIn(write).sk, write))
        ? [index]
        : [],
    )
  const sets = indexesOf((_, sk, write) => sk === 'profile' && '#passwordHash' in namesIn(write))
  const [first, newest] = [sets[0], sets.at(-1)]
  if (first === undefined || newest === undefined) return []
  const resets = sets.filter((index) => actOf((steps[index] as Step).name).isReset)
  const stored = items.find((item) => text(item, 'pk') === pk && text(item, 'sk') === 'profile')
  const hash = (steps[newest] as Step).writes.flatMap(
    ([, { ExpressionAttributeValues: values }]) => values?.[':passwordHash']?.S ?? [],
  )
  const begunBefore = indexesOf((_, sk) => live.some((session) => sk === `session#${session.id}`)).filter(
    (index) => index < newest,
  )
  const byOlder = indexesOf(({ name }, sk) => sk === 'profile' && actOf(name).isByPassword === true).filter(
    (index) => index > first,
  )
  return [
    ...(stored && ![hash].flat().includes(text(stored, 'passwordHash'))
      ? ['an older password is stored']
      : []),
    ...begunBefore.map(() => 'a session outlives a newer password'),
    ...byOlder.map(() => 'an older password changes the account'),
    ...(resets.length > 0 ? identitiesOf(id, items) : []).map(() => 'an identity outlives a reset'),
  ]
}

const namesIn = ({ ExpressionAttributeNames = {} }: Write): object => ExpressionAttributeNames

/** Returns the violations in the order of the requests that took effect. */
function violationsOfDecisions(steps: readonly Step[]): string[] {
  const indexesOf = (isWanted: (kind: string, write: Write) => boolean) =>
    steps.flatMap(({ writes }, index) =>
      writes.some(([kind, write]) => isWanted(kind, write)) ? [index] : [],
    )
  const links = indexesOf((kind, write) => kind === 'Put' && CLAIM.test(keyIn(write).pk))
  const [ended = Infinity] = indexesOf((_, write) => keyIn(write).pk === 'providers')
  const twice = (ofKind: string, beginning: string) =>
    steps
      .flatMap(({ writes }) => writes)
      .filter(([kind, write]) => kind === ofKind && keyIn(write).pk.startsWith(beginning))
      .map(([, write]) => keyIn(write).pk)
      .filter((pk, index, all) => all.indexOf(pk) !== index)
  return [
    ...links.filter((step) => step > ended).map(() => 'a decision after the end of its provider'),
    ...twice('Delete', 'pending#').map(() => 'an identity token counts twice'),
    ...twice('Put', 'try#').map(() => 'a response counts twice'),
  ]
}
