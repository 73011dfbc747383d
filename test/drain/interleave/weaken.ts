import { writes } from '../../security/interleave/weaken.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Weakening } from '../../support/interleave/world.ts'
import type { ActName } from './acts.ts'

type Input = Attempt['input']

/** Replaces a part of the condition by one that always holds. Its values stay in use, because DynamoDB rejects unused ones. */
const dropped = (part: string, name: string) => (write: Input) => {
  write.ConditionExpression = write.ConditionExpression.replace(
    part,
    `(${part} OR attribute_exists(${name}))`,
  )
}

const move = (weaken: (write: Input) => unknown): Alter =>
  writes('Update', 'profile', (write) => {
    if ('#passwordHash' in (write.ExpressionAttributeNames ?? {})) weaken(write)
  })

const HASH = 'passwordHash IN (:readHash, :passwordHash)'

/** Takes one rule away from each. */
export const WEAKENINGS: Record<string, Weakening<ActName>> = {
  'the hash as read': {
    alter: move(dropped(HASH, 'passwordHash')),
    acts: ['sign in', 'sign in too'],
    shows: /two passwords/,
  },
  'the generation as read': {
    alter: move(dropped('generation = :readGeneration', 'generation')),
    acts: ['sign in', 'disable'],
    shows: /comes back/,
  },
  'both as read': {
    alter: move((write) => {
      dropped(HASH, 'passwordHash')(write)
      dropped('generation = :readGeneration', 'generation')(write)
    }),
    acts: ['sign in', 'reset'],
    shows: /comes back/,
  },
  'a write that finds its own hash': {
    alter: move((write) => {
      write.ConditionExpression = write.ConditionExpression.replace(
        HASH,
        'passwordHash = :readHash AND :passwordHash = :passwordHash',
      )
    }),
    acts: ['sign in'],
    shows: /a correct password is refused/,
  },
  'the end of the name at the old place': {
    alter: writes('TransactUpdate', 'profile', (write) => {
      if (!('#passwordFrom' in (write.ExpressionAttributeNames ?? {}))) return
      write.UpdateExpression = write.UpdateExpression.replace(/(?:, )?#passwordFrom/, '').replace(
        / REMOVE $/,
        '',
      )
      delete write.ExpressionAttributeNames['#passwordFrom']
    }),
    acts: ['reset', 'sign in'],
    shows: /asked again/,
  },
  'a refused move that gives its attempt back': {
    alter: (_, { UpdateExpression = '' }) =>
      UpdateExpression.startsWith('DELETE ids') ? { body: '{}' } : undefined,
    acts: ['sign in', 'disable'],
    shows: /attempts count/,
  },
}
