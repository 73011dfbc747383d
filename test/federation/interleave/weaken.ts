import { always, writes } from '../../security/interleave/weaken.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Acts, Weakening } from '../../support/interleave/world.ts'
import type { ActName } from './acts.ts'

type Input = Attempt['input']

const weaken = (alter: Alter, acts: Acts<ActName>, shows?: RegExp): Weakening<ActName> => ({
  alter,
  acts,
  ...(shows && { shows }),
})

/** Makes the condition on the change before hold always. */
const withoutChangeId = (write: Input) => {
  write.ConditionExpression = write.ConditionExpression.replace(
    'changeId = :readChangeId',
    '(changeId = :readChangeId OR attribute_exists(changeId))',
  )
}

const isLinking = ({ ExpressionAttributeNames: names = {} }: Input) =>
  '#changeId' in names && !('#generation' in names)

const isReset = ({ ExpressionAttributeNames: names = {} }: Input) => '#passwordHash' in names

const partition =
  (pk: RegExp, weakenOne: (write: Input) => unknown): Alter =>
  (_, input) => {
    for (const item of input.TransactItems ?? []) {
      const write = Object(Object.values(item)[0])
      if (pk.test(String((write.Key ?? write.Item)?.pk?.S))) weakenOne(write)
    }
    return undefined
  }

/** Takes one guard away from each. */
export const WEAKENINGS: Record<string, Weakening<ActName>> = {
  'linkWrites: no user has the identity': weaken(
    partition(/^identity#/, (write) => {
      if (write.Item) always(write)
    }),
    ['link', 'link by bob'],
  ),
  'link: the user as read': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (isLinking(write)) always(write)
    }),
    ['link', 'delete'],
  ),
  'removeUser: the change as read': weaken(writes('TransactDelete', 'profile', withoutChangeId), [
    'link',
    'delete',
  ]),
  'reset: the change as read': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (isReset(write)) withoutChangeId(write)
    }),
    ['link', 'reset'],
    /outlives a reset/,
  ),
  'useIdentity: the identity is linked': weaken(writes('TransactUpdate', 'identity#', always), [
    'sign in',
    'unlink',
  ]),
  'unlink: another session generation': weaken(
    writes('TransactUpdate', 'profile', ({ ExpressionAttributeValues: values = {} }) => {
      if (':sessionGeneration' in values) values[':sessionGeneration'] = values[':readSessionGeneration']
    }),
    ['sign in', 'unlink'],
    /is live/,
  ),
  'spendPending: the token is not spent': weaken(
    partition(/^pending#/, always),
    ['link again', 'link', '>', 'unlink shared'],
    /counts twice/,
  ),
  'unchangedProvider: as it responded': weaken(
    partition(/^providers$/, (write) => {
      if (!write.UpdateExpression) always(write)
    }),
    ['create', 'disable the provider'],
    /after the end/,
  ),
}
