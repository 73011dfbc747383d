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

/** Changes writes of items whose partition key matches. */
export const partition =
  (pk: RegExp, weakenOne: (write: Input) => unknown): Alter =>
  (_, input) => {
    for (const item of input.TransactItems ?? []) {
      const write = Object(Object.values(item)[0])
      if (pk.test(String((write.Key ?? write.Item)?.pk?.S))) weakenOne(write)
    }
    return undefined
  }

/** Stores what was read in place of the next generation. */
export const sameGeneration = (name: 'generation' | 'sessionGeneration'): Alter =>
  writes('TransactUpdate', 'profile', ({ ExpressionAttributeValues: values = {} }) => {
    const read = `:read${name.replace(/^./, (letter) => letter.toUpperCase())}`
    if (`:${name}` in values) values[`:${name}`] = values[read]
  })

const linkOfAnyUser = writes('TransactUpdate', 'profile', (write) => {
  if (isLinking(write)) always(write)
})

const resetAfterAnyChange = writes('TransactUpdate', 'profile', (write) => {
  if (isReset(write)) withoutChangeId(write)
})

/** Takes the removal of identities out of a reset. */
const keepingIdentities: Alter = (_, input) => {
  const all: Input[] = input.TransactItems ?? []
  if (!all.some(({ Update }) => Update && isReset(Update))) return undefined
  input.TransactItems = all.filter(({ Delete }) => !/identity#/.test(JSON.stringify(Delete?.Key ?? {})))
  return undefined
}

const ofAnyProvider = partition(/^providers$/, (write) => {
  if (!write.UpdateExpression) always(write)
})

/** Takes one guard away from each. */
export const WEAKENINGS: Record<string, Weakening<ActName>> = {
  'linkWrites: no user has the identity': weaken(
    partition(/^credential#identity#/, (write) => {
      if (write.Item) always(write)
    }),
    ['link', 'link by bob'],
    /two users/,
  ),
  'link: the user as read': weaken(linkOfAnyUser, ['link', 'delete'], /a removed user/),
  'link: the password as read': weaken(linkOfAnyUser, ['link', 'set-password'], /an older password changes/),
  'removeUser: the change as read': weaken(
    writes('TransactDelete', 'profile', withoutChangeId),
    ['link', 'delete'],
    /a removed user/,
  ),
  'reset: the change as read': weaken(resetAfterAnyChange, ['link', 'reset'], /outlives a reset/),
  'reset: without identities': weaken(keepingIdentities, ['reset', 'unlink'], /outlives a reset/),
  'set-password: the change as read': weaken(
    resetAfterAnyChange,
    ['link', 'set-password'],
    /outlives a reset/,
  ),
  'set-password: another session generation': weaken(
    sameGeneration('sessionGeneration'),
    ['sign in', 'set-password'],
    /outlives a newer password/,
  ),
  'useIdentity: the identity is linked': weaken(
    writes('TransactUpdate', 'identity#', always),
    ['sign in', 'unlink'],
    /without a claim/,
  ),
  'unlink: another session generation': weaken(
    sameGeneration('sessionGeneration'),
    ['sign in', 'unlink'],
    /is live/,
  ),
  'users unlink: another session generation': weaken(
    sameGeneration('sessionGeneration'),
    ['sign in', 'users unlink'],
    /is live/,
  ),
  'unlink: another generation than that of a login token': weaken(
    sameGeneration('generation'),
    ['sign in with a factor', 'unlink of dora'],
    /is live/,
  ),
  'spendPending: the token is not spent': weaken(
    partition(/^pending#/, always),
    ['link again', 'link', '>', 'unlink shared'],
    /counts twice/,
  ),
  'spendTry: the response is not spent': weaken(
    partition(/^try#/, always),
    ['sign in', 'sign in with the first response again'],
    /a response counts twice/,
  ),
  'create: the provider as it responded': weaken(
    ofAnyProvider,
    ['create', 'disable the provider'],
    /after the end/,
  ),
  'link: the provider as it responded': weaken(
    ofAnyProvider,
    ['link', 'disable the provider'],
    /after the end/,
  ),
}
