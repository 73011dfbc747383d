import { isRenewal } from '../../security/interleave/facts.ts'
import { always, withoutEvents, writes } from '../../security/interleave/weaken.ts'
import type { Alter } from '../../support/aws/gate.ts'
import type { Acts, Weakening } from '../../support/interleave/world.ts'
import type { ActName } from './acts.ts'
import type { State } from './scene.ts'

/** A guard of `lib/factors` that is taken away, and the state of a user who shows it. */
export interface FactorWeakening extends Weakening<ActName> {
  state: State
}

const weaken = (alter: Alter, state: State, acts: Acts<ActName>): FactorWeakening => ({ alter, state, acts })

const isChangeOfFactors = (write: { ConditionExpression?: string }) =>
  / AND changeId = :readChangeId/.test(String(write.ConditionExpression))

/** Weakens the service by changing its requests on their way to AWS. Each takes one guard away. */
export const FACTOR_WEAKENINGS: Record<string, FactorWeakening> = {
  'the event of every change': weaken(withoutEvents, 'totp', ['remove totp']),
  'changeFactors: the user as read': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (isChangeOfFactors(write)) always(write)
    }),
    'both',
    ['remove totp', 'remove passkey'],
  ),
  'changeFactors: another generation': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      const values = write.ExpressionAttributeValues
      if (isChangeOfFactors(write) && ':generation' in values)
        values[':generation'] = values[':readGeneration']
    }),
    'totp',
    ['remove totp', '>', 'totp'],
  ),
  'changeFactors: another session generation': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      const values = write.ExpressionAttributeValues
      if (isChangeOfFactors(write) && ':sessionGeneration' in values)
        values[':sessionGeneration'] = values[':readSessionGeneration']
    }),
    'totp',
    ['remove totp'],
  ),
  'completeEnrolment: a renewed session has the numbers after it': weaken(
    writes('TransactUpdate', 'session#', (write) => {
      const values = write.ExpressionAttributeValues
      if (isRenewal(write)) values[':sessionGeneration'] = { N: String(values[':sessionGeneration'].N - 1) }
    }),
    'enrolment',
    ['enrol totp'],
  ),
  'spendLoginToken: not spent': weaken(writes('TransactUpdate', 'token', always), 'totp', [
    'next totp',
    'totp',
  ]),
  'spendStep: a later step': weaken(writes('TransactUpdate', 'totp', always), 'totp', [
    'login with totp',
    'login with totp',
  ]),
  // A sign-in that renews a session also demands that no session was revoked since its read, which a new app does.
  'spendStep: the app as read': weaken(
    (operation, input) => {
      for (const { ConditionCheck } of input.TransactItems ?? []) if (ConditionCheck) always(ConditionCheck)
      return writes('TransactUpdate', 'totp', (write) => {
        write.ConditionExpression = `${write.ConditionExpression} OR (lastStep < :step AND createdAt <> :createdAt)`
      })(operation, input)
    },
    'totp',
    ['next totp', 'add totp'],
  ),
  'spendRecoveryCode: not spent': weaken(writes('TransactUpdate', 'recovery-codes', always), 'totp', [
    'login with a recovery code',
    'login with a recovery code',
  ]),
  'spendChallenge: not spent': weaken(writes('TransactUpdate', 'challenge', always), 'both', [
    'copied assertion',
    'copied assertion',
  ]),
}
