import type { Limit } from '../values.ts'
import { type Counter, counter } from './counter.ts'

/** The requests of administrators and support that are limited, each kind in its counter. */
export type OperatorRequest = 'reads' | 'searches' | 'acts' | 'changes' | 'factor-resets'

/**
 * Returns the counter of the requests of one operator with a session. It is not in the user's partition, so
 * the functions of operators cannot give back wrong passwords.
 */
export const operatorCounter = (userId: string, kind: OperatorRequest, limit: Limit, now: Date): Counter =>
  counter(`admin#${userId}`, kind, limit, now)
