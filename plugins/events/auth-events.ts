import { allow, arnOf } from '../../lib/aws/access.ts'
import { OUTGOING } from '../../lib/events/outgoing.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { isServiceFunction } from '../project/ownership.ts'
import { eventsOf } from '../routes/routes.ts'

/** The bus of the service. The framework takes only its name, and would make another bus of a text. */
const BUS = { 'Fn::GetAtt': ['EventBus', 'Name'] }

/**
 * How often EventBridge invokes a function whose invocation is refused, and for how many seconds: its highest values
 * (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html). Then the event is in the queue.
 */
const RETRIES = { maximumRetryAttempts: 185, maximumEventAge: 86_400 }

/** The queue of events that a function did not take. */
const FAILED_EVENTS = arnOf('FailedEvents')

/** Events that call no function: each user of an import is not new, but was moved or restored. */
const IMPORT = 'users import'

/** Returns the types of an `authEvent`: one, or a list. */
const typesIn = (authEvent: unknown): unknown[] => [authEvent].flat()

const authEventsOf = (definition: WrittenFunction) =>
  eventsOf(definition).filter((event) => 'authEvent' in Object(event))

/**
 * Finds what is wrong with the events of the service that a function is to be invoked for, as in `- authEvent: user.created`.
 *
 * @param eventBus - Value of the parameter.
 */
export function faultsOfAuthEvents(key: string, definition: WrittenFunction, eventBus: unknown): string[] {
  const given = authEventsOf(definition)
  if (given.length === 0) return []
  if (eventBus !== 'changes' && eventBus !== 'all') {
    return [`The parameter eventBus must be changes or all, because function ${key} has an authEvent.`]
  }
  return given.flatMap(({ authEvent }) => {
    const types = typesIn(authEvent)
    if (types.length === 0 || types.some((type) => typeof type !== 'string')) {
      return [`The authEvent of function ${key} must be a type, such as user.created, or a list of types.`]
    }
    return types.flatMap((type) => faultsOfType(key, String(type), eventBus))
  })
}

function faultsOfType(key: string, type: string, eventBus: 'changes' | 'all'): string[] {
  const known: readonly string[] = OUTGOING.all
  if (!known.includes(type)) {
    return [`Function ${key} has an unknown authEvent "${type}".${didYouMean(type, known)}`]
  }
  return (OUTGOING[eventBus] as readonly string[]).includes(type)
    ? []
    : [`The parameter eventBus must be all, because function ${key} has the authEvent ${type}.`]
}

/** Returns an event of a function as the framework reads it: an `authEvent` becomes a rule on the bus. */
export function asRule<E extends object>(event: E): E | Record<string, unknown> {
  if (!('authEvent' in Object(event))) return event
  const { authEvent, ...others } = event as { authEvent: unknown }
  return {
    ...others,
    eventBridge: {
      eventBus: structuredClone(BUS),
      pattern: {
        'detail-type': typesIn(authEvent),
        detail: { data: { via: [{ 'anything-but': [IMPORT] }] } },
      },
      retryPolicy: { ...RETRIES },
      deadLetterQueueArn: structuredClone(FAILED_EVENTS),
    },
  }
}

/**
 * Returns a function whose events Lambda puts into the queue after the third failure, unless it names another place. A rule only knows
 * invocations that Lambda refused, and Lambda discards an event whose function has thrown three times.
 *
 * Lambda sends with the role of the function. The framework permits the role that functions share, and leaves a role of IAM as it is.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function withFailedEvents(definition: WrittenFunction): WrittenFunction {
  const { destinations, iamRoleStatements } = definition
  if (authEventsOf(definition).length === 0 || Object(destinations).onFailure !== undefined) return definition
  const onFailure = { type: 'sqs', arn: structuredClone(FAILED_EVENTS) }
  const hasOwnRole = isServiceFunction(definition) || iamRoleStatements !== undefined
  const send = allow(['sqs:SendMessage'], [structuredClone(FAILED_EVENTS)])
  return {
    ...definition,
    destinations: { ...Object(destinations), onFailure },
    ...(hasOwnRole && { iamRoleStatements: [iamRoleStatements ?? [], send].flat() }),
  }
}
