import { ATTRIBUTES, type StoredAttributes } from '../application/attributes.ts'
import { attribute, type Table, transact, updateOf } from '../aws/dynamodb.ts'
import { type Act, updateEventOf } from '../events/event.ts'
import { revokeTokens } from '../users/revocation.ts'
import { profileKey } from '../users/store.ts'
import type { Administered } from './accounts.ts'

/** A value of an attribute that an operator sets. Without one, the user gets the default. */
export type Setting = readonly [name: string, value: string | number | boolean | undefined]

/** Whether a change of attributes revokes access tokens. */
export const revokesTokens = (settings: readonly Setting[]): boolean =>
  settings.some(([name]) => ATTRIBUTES[name]?.revokes === true)

/**
 * Sets attributes of a user, on condition that the user has not changed since the read. A change of a user moves `changeId`, unless it
 * changes only the hash. So this write replaces no other change.
 *
 * @param change - The caller has validated the values. `changeId` is a random id of this change.
 * @returns Whether they are stored.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function setAttributes(
  table: Table,
  user: Administered,
  { settings, changeId }: { settings: readonly Setting[]; changeId: string },
  act: Act,
): Promise<boolean> {
  const changes = {
    attributes: withSettings(user.attributes, settings),
    changedAt: act.now.toISOString(),
    changeId,
    ...(revokesTokens(settings) && revokeTokens(user)),
  }
  const update = {
    Key: profileKey(user.id),
    ConditionExpression: 'changeId = :readChangeId',
    ...updateOf(changes, { ':readChangeId': attribute(user.changeId) }),
  }
  const event = updateEventOf(table, act, user.id, { changes: ['attributes'] })
  return !(await transact(table, [{ Update: update }, event]))
}

/** Returns the stored attributes after the settings. Those of attributes that are not defined now stay. */
function withSettings(stored: StoredAttributes = {}, settings: readonly Setting[]) {
  const all = Object.entries({ ...stored, ...Object.fromEntries(settings) })
  const left = all.filter((one): one is [string, string | number | boolean] => one[1] !== undefined)
  return left.length === 0 ? undefined : Object.fromEntries(left)
}
