import type { EventType } from './types.ts'

/** Types that leave the service with `eventBus=changes`. A type is in no list until someone decides that it leaves. */
const CHANGES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'session.reused',
  'consent.given',
  'consent.revoked',
  'client.created',
  'client.updated',
  'client.deleted',
  'api.created',
  'api.updated',
  'api.deleted',
] as const satisfies readonly EventType[]

/** Types that leave the service in addition with `eventBus=all`. */
const SIGN_INS = [
  'session.created',
  'session.renewed',
  'session.ended',
  'factor.required',
  'grant.created',
  'grant.ended',
  'act.started',
] as const satisfies readonly EventType[]

/** Types of events that leave the service, by the value of the parameter `eventBus`. */
export const OUTGOING = {
  changes: CHANGES,
  all: [...CHANGES, ...SIGN_INS],
} as const satisfies Record<string, readonly EventType[]>

/** Values of the parameter `eventBus`, but `off`. */
export type EventBusValue = keyof typeof OUTGOING
