import { isDeepStrictEqual } from 'node:util'
import type { Statement } from '../../lib/aws/access.ts'
import type { FunctionDefinition } from '../framework.d.ts'

/** Returns what the framework adds statements for. A rule of EventBridge needs none, but names a queue. */
export const sourcesOf = ({ events = [], onError, kmsKeyArn }: FunctionDefinition): unknown[] =>
  [
    ...events.filter(({ http, eventBridge }) => (http ?? eventBridge) === undefined),
    onError,
    kmsKeyArn,
  ].filter((one) => one !== undefined)

/** Returns what the framework adds for a function's own queues, streams, topics and keys, without those of other functions. */
export const statementsOf = (definition: FunctionDefinition, all: readonly Statement[]): Statement[] =>
  withResources(all, (one) => isNamed(one, [definition]))

/** Returns the statements of the common role as the framework would add them only for the other functions. */
export const withoutOwn = (
  all: readonly Statement[],
  own: readonly FunctionDefinition[],
  others: readonly FunctionDefinition[],
): Statement[] =>
  withResources(all, (one, before) => {
    const times = others.flatMap(sourcesOf).filter((source) => isIn(one, source)).length
    return !isNamed(one, own) || before.filter((other) => isDeepStrictEqual(other, one)).length < times
  })

const isNamed = (resource: unknown, functions: readonly FunctionDefinition[]): boolean =>
  resource !== '*' && isIn(resource, functions.map(sourcesOf))

const isIn = (resource: unknown, value: unknown): boolean =>
  JSON.stringify(value).includes(JSON.stringify(resource))

/** Returns statements with the resources that match, and leaves out those without any. A statement that changes is a new one. */
function withResources(
  all: readonly Statement[],
  isLeft: (resource: unknown, before: readonly unknown[]) => boolean,
): Statement[] {
  return all.flatMap((statement) => {
    const resources = [statement.Resource].flat()
    const left = resources.filter((one, index) => isLeft(one, resources.slice(0, index)))
    if (left.length === 0) return []
    return [
      left.length === resources.length
        ? statement
        : { ...statement, Resource: left as Statement['Resource'] },
    ]
  })
}
