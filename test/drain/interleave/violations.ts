import { type Item, text, texts } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { hasPassword } from '../../../lib/passwords/hash.ts'
import { isLive } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { findUser } from '../../../lib/users/store.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import type { ActName, Report } from './acts.ts'
import type { MovingScene } from './scene.ts'

/** A write that took effect on the profile. */
interface Step {
  kind: 'move' | 'password' | 'disable' | 'remove' | 'import'
  hash?: string
}

/**
 * Returns the violations of: the newest password is stored, none comes back, the old place gives one password, a user with a password here
 * is not asked about again, no session outlives a reset, a removal or the end of the account, a correct password is not refused without a reason, and each
 * attempt counts if and only if its password was compared and wrong.
 */
export async function violationsOf(
  scene: MovingScene,
  names: readonly ActName[],
  history: History<Report>,
): Promise<string[]> {
  const steps = appliedIn(history.arrivals).flatMap((arrival) => writesOf(arrival).flatMap(stepOf))
  const items = await allItems(scene.table, 'Scan', { ConsistentRead: true })
  const user = await findUser(scene.table, scene.ada.id)
  const since = steps.slice(steps.findLastIndex(({ kind }) => kind === 'import' || kind === 'remove') + 1)
  const [newest] = since.filter(({ hash }) => hash).slice(-1)
  // The write of one request may arrive twice.
  const moved = new Set(since.filter(({ kind }) => kind === 'move').map(({ hash }) => hash))
  const after = since.slice(since.findIndex(({ kind }) => kind === 'password' || kind === 'disable'))
  const isOver = since.some(({ kind }) => kind === 'password' || kind === 'disable')
  return [
    ...(user && newest && user.passwordHash !== newest.hash ? ['another password than the newest'] : []),
    ...(moved.size > 1 ? ['the old place gives two passwords'] : []),
    ...(isOver && after.some(({ kind }) => kind === 'move') ? ['a password comes back'] : []),
    ...(user?.passwordFrom && hasPassword(user.passwordHash) ? ['the old place would be asked again'] : []),
    ...(await violationsOfSessions(scene, steps)),
    ...violationsOfAttempts(history, items),
    ...violationsOfRefusals(names, history),
  ]
}

function stepOf([kind, write]: [string, Attempt['input']]): Step[] {
  const { pk, sk } = write.Key ?? write.Item
  if (!pk.S.startsWith('user#') || sk.S !== 'profile') return []
  if (kind === 'Delete') return [{ kind: 'remove' }]
  if (kind === 'Put') return [{ kind: 'import' }]
  const { ExpressionAttributeNames: changed = {}, ExpressionAttributeValues: values = {} } = write
  if ('#disabled' in changed) return [{ kind: 'disable' }]
  if (!('#passwordHash' in changed)) return []
  return [{ kind: '#generation' in changed ? 'password' : 'move', hash: values[':passwordHash'].S }]
}

async function violationsOfSessions({ table, ada }: MovingScene, steps: readonly Step[]): Promise<string[]> {
  if (!steps.some(({ kind }) => kind !== 'move')) return []
  const user = await findUser(table, ada.id)
  const { sessions } = await findSessions(table, ada.id)
  return sessions
    .filter((session) => isLive(session, user, new Date()))
    .map(() => 'a session outlives the end of its password')
}

/** Whether the old place has verified a password that an operation sent. */
const isVerified = (arrivals: readonly Arrival[], by: number) =>
  arrivals.some(
    (one) =>
      one.by === by && one.operation.endsWith('-drain/invocations') && /"correct"/.test(one.response.body),
  )

function violationsOfAttempts({ arrivals, ends }: History<Report>, items: readonly Item[]): string[] {
  const wrong = ends.filter(({ value }, by) => {
    if (value?.status === 401 && value.text?.includes('Incorrect username')) return !isVerified(arrivals, by)
    return value?.status === 422 && value.text?.includes('Incorrect password.')
  })
  const ids = items
    .filter((item) => text(item, 'sk').startsWith('attempts'))
    .flatMap((item) => texts(item, 'ids'))
  const counted = new Set(ids).size
  return counted === wrong.length ? [] : [`${counted} attempts count, and ${wrong.length} were wrong`]
}

/** A fault alone must not refuse a correct password: it is an outage. */
function violationsOfRefusals(names: readonly ActName[], { arrivals, ends }: History<Report>): string[] {
  if (names.some((name) => !['sign in', 'guess'].includes(name))) return []
  return ends
    .filter(({ value }, by) => value?.status === 401 && isVerified(arrivals, by))
    .map(() => 'a correct password is refused')
}
