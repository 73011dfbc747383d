import { CAPABILITIES, type Capability, type Kind, OWN } from './capabilities.ts'
import { type Resolve, textsOf } from './texts.ts'

/** A resource of the service, by the ARNs that statements match. */
export interface Target {
  kind: Kind
  /** Full ARNs in the region of the stage and in {@link ACCOUNT}. */
  arns: readonly string[]
}

/** A statement of IAM, as a template has it. */
export interface WrittenStatement {
  Effect?: unknown
  Action?: unknown
  NotAction?: unknown
  Resource?: unknown
  NotResource?: unknown
  Condition?: unknown
}

/** A statement of the project, and what narrows it. */
export interface Granted {
  /** Where the user finds it. */
  place: string
  statement: WrittenStatement
  /** All statements of the same role. Those that deny narrow it, if they have no condition. */
  beside: readonly WrittenStatement[]
  /** Whether AWS wrote it, so that it cannot be narrowed. */
  isManaged?: boolean
  /** Whether the policies of the tables deny the identity. */
  isDenied: boolean
}

/** Stands for the stack's account, which a template does not know. A statement that names any account may mean it. */
export const ACCOUNT = 'ACCOUNT'

/** Returns what a statement could do with the service's resources. */
function reachOf({ statement, beside }: Granted, targets: readonly Target[], resolve: Resolve): Capability[] {
  if (statement.Effect !== 'Allow') return []
  const denied = beside.filter(
    ({ Effect, Condition }) => Effect === 'Deny' && Object.keys(Object(Condition)).length === 0,
  )
  const allows = matcherOf(statement, resolve)
  const denials = denied.map((one) => matcherOf(one, resolve))
  return CAPABILITIES.filter(({ kind, actions }) =>
    targets
      .filter((target) => target.kind === kind)
      .flatMap(({ arns }) => arns)
      .some((arn) =>
        actions.some((action) => allows(action, arn) && !denials.some((denies) => denies(action, arn))),
      ),
  )
}

/** Returns whether a statement is about an action on a resource. */
function matcherOf({ Action, NotAction, Resource, NotResource }: WrittenStatement, resolve: Resolve) {
  const patternsOf = (value: unknown) => [value ?? []].flat().flatMap((one) => textsOf(one, resolve))
  const [actions, resources] = [patternsOf(Action ?? NotAction), patternsOf(Resource ?? NotResource)]
  if (actions.length === 0 || resources.length === 0) return () => false
  const hasAction = actions.map((one) => globOf(one.toLowerCase()))
  const hasResource = resources.map((one) => globOf(inAccount(one)))
  return (action: string, arn: string): boolean =>
    hasAction.some((one) => one.test(action.toLowerCase())) === (Action !== undefined) &&
    hasResource.some((one) => one.test(arn)) === (Resource !== undefined)
}

/** Replaces what every stack may have by what the targets have: partition and account. */
const inAccount = (arn: string) => arn.replace(/^arn:[\w-]+:/, 'arn:aws:').replace(/:\d{12}:/, `:${ACCOUNT}:`)

/** Returns a pattern of IAM as an expression: `*` are any characters, `?` is one. */
const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/\*+/g, '*')
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )

/** Returns one line for each statement that reaches the service's resources. */
export function linesOfReach(
  all: readonly Granted[],
  targets: readonly Target[],
  resolve: Resolve,
): string[] {
  const byPlace = new Map<string, { granted: Granted; reached: Set<Capability> }>()
  for (const granted of all) {
    const found = byPlace.get(granted.place) ?? { granted, reached: new Set() }
    for (const one of reachOf(granted, targets, resolve)) found.reached.add(one)
    byPlace.set(granted.place, found)
  }
  return [...byPlace.values()].flatMap(({ granted, reached }) =>
    reached.size === 0
      ? []
      : [
          lineOf(
            granted,
            CAPABILITIES.filter((one) => reached.has(one)),
          ),
        ],
  )
}

function lineOf({ place, isManaged, isDenied }: Granted, reached: readonly Capability[]): string {
  // An index has nothing that its table has not.
  const isWhole = reached.some(({ words }) => words === CAPABILITIES[0]?.words)
  const named = reached.filter(({ kind }) => kind !== 'index' || !isWhole)
  const [open, walled] = [false, true].map((isWalled) =>
    listOf(named.filter((one) => (isDenied && one.isWalled === true) === isWalled).map(({ words }) => words)),
  )
  const own = listOf(named.map(({ kind }) => OWN[kind]))
  return [
    `${place} reaches serverless-jwt-auth.`,
    ...(open ? [`It could ${open}.`] : []),
    ...(walled ? [`Only the policies of the tables forbid it to ${walled}.`] : []),
    isManaged
      ? `Grant statements in its place that name your own ${own}.`
      : `Name your own ${own} in its Resource.`,
  ].join(' ')
}

/** Returns different words as a sentence lists them. */
const listOf = (words: readonly string[]) => [...new Set(words)].join(', ').replace(/, ([^,]*)$/, ' and $1')
