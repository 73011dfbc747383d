import { isRenewal } from '../../security/interleave/facts.ts'
import { without, writes } from '../../security/interleave/weaken.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Weakening } from '../../support/interleave/world.ts'
import type { ActName } from './acts.ts'

type Input = Attempt['input']

/** Changes the writes that bind a session or use its challenge. */
const uses = (weaken: (write: Input) => unknown): Alter =>
  writes('Update', 'session#', (write) => {
    if (':device' in (write.ExpressionAttributeValues ?? {})) weaken(write)
  })

/** Replaces a part of the condition by one that always holds. Its values stay in use, because DynamoDB rejects unused ones. */
const dropped = (part: string) => (write: Input) => {
  write.ConditionExpression = write.ConditionExpression.replace(part, `(${part} OR attribute_exists(pk))`)
}

/** Lets a sign-in that renews a session leave a value of the one before. */
const leaving = (name: string): Alter =>
  writes('TransactUpdate', 'session#', (write) => {
    if (!isRenewal(write)) return
    const [sets = '', removes = ''] = write.UpdateExpression.replace('SET ', '').split(' REMOVE ')
    const others = (all: string) => all.split(', ').filter((one) => one && one.split(' ')[0] !== `#${name}`)
    const left = others(removes)
    write.UpdateExpression = `SET ${others(sets).join(', ')}${left.length > 0 ? ` REMOVE ${left.join(', ')}` : ''}`
    delete write.ExpressionAttributeNames[`#${name}`]
    delete write.ExpressionAttributeValues[`:${name}`]
  })

const CHALLENGE = 'deviceChallenge = :read'

/**
 * Takes one rule away from each.
 *
 * The condition that a session has no device yet is here with that of its challenge: each key and each sign-in draws another challenge, so
 * either of the two refuses a second key.
 */
export const WEAKENINGS: Record<string, Weakening<ActName>> = {
  'the challenge as read in a renewal': {
    alter: uses(dropped(CHALLENGE)),
    acts: ['bound: renew by a captured proof', 'bound: renew by a captured proof'],
    shows: /a challenge counts twice/,
  },
  'the challenge as read in a start': {
    alter: uses(dropped(CHALLENGE)),
    acts: ['begun: start', 'begun: sign in again'],
    shows: /a challenge of before counts/,
  },
  'the device and the challenge as read': {
    alter: uses((write) => {
      dropped(CHALLENGE)(write)
      dropped('attribute_not_exists(device)')(write)
    }),
    acts: ['begun: start', 'begun: start by another key'],
    shows: /a second key/,
  },
  'the end of the session': {
    alter: uses(without('attribute_not_exists(endedAt) AND ')),
    acts: ['bound: renew', 'bound: sign out'],
    shows: /after the end of its session/,
  },
  'a start that finds its own key': {
    alter: uses((write) => {
      write.ConditionExpression = write.ConditionExpression.replace('= :next', '= :read')
    }),
    acts: ['begun: start'],
    shows: /binds, and gets 401/,
  },
  'the end of the key at a sign-in': {
    alter: leaving('device'),
    acts: ['bound: sign in again'],
    shows: /another key than it got/,
  },
  'a new challenge at a sign-in': {
    alter: leaving('deviceChallenge'),
    acts: ['begun: start', 'begun: sign in again'],
    shows: /a challenge of before counts/,
  },
  'a new salt at a sign-in': {
    alter: leaving('salt'),
    acts: ['bound: sign in again', '>', 'bound: start'],
    shows: /used without its device/,
  },
}
