import type { OUTGOING } from './outgoing.ts'
import type { CloudEvent } from './publish.ts'

/** A type of events that leave the service. */
export type AuthEventType = (typeof OUTGOING)['all'][number]

/**
 * The event that a function with `- authEvent: TYPE` gets, at least once and in no order.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export interface AuthEvent<T extends AuthEventType = AuthEventType> {
  version: string
  /** Id that EventBridge gave. `detail.id` is the same each time that the event comes. */
  id: string
  'detail-type': T
  source: string
  account: string
  time: string
  region: string
  resources: string[]
  /** It says that something changed, and has no name and no address. `userOf` reads the user. */
  detail: CloudEvent & { type: T }
}
