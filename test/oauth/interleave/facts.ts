import { appKey } from '../../../lib/oauth/grants/app.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { type Arrival, type History, writesOf } from '../../support/interleave/history.ts'
import { ACTS, type Act, type ActName, type Report } from './acts.ts'
import { CLIENT_IDS, type KnownCode, type KnownGrant, type OauthScene } from './scene.ts'

/** An item that codes and grants depend on, or a grant itself. */
type Source =
  | 'user'
  | `client ${string}`
  | `app ${string}`
  | `session ${string}`
  | `grant ${string}`
  | `code ${string}`

/** A write that ended what depends on an item. */
export interface Ending extends Pick<Arrival, 'step' | 'by'> {
  source: Source
}

/** A write that spent a code and stored its grant. */
interface Spending extends Pick<Arrival, 'step' | 'by'> {
  code: string
  grantId: string
}

export type Facts = ReturnType<typeof factsOf>

/**
 * Returns what a schedule must have led to. What an operation ends follows from its kind, not from the values that it writes, which may
 * be the fault.
 */
export function factsOf(scene: OauthScene, names: readonly ActName[], { arrivals }: History<Report>) {
  const done = arrivals.filter(({ isDone }) => isDone)
  const endings: Ending[] = []
  const spendings: Spending[] = []
  const consents: (Pick<Arrival, 'step' | 'by'> & { app: string })[] = []
  const issued = new Map<number, number>()
  const tokens = new Set<string>()
  for (const { step, by, operation, input } of done) {
    // DynamoDB makes the writes of a request token once.
    if (tokens.has(input.ClientRequestToken)) continue
    if (operation === 'TransactWriteItems') tokens.add(input.ClientRequestToken)
    const act: Act | undefined = names[by] && ACTS[names[by]]
    const writes = writesOf({ operation, input })
    for (const [kind, write] of writes) {
      const source = sourceOf(write)
      if (source === undefined) continue
      if (isEnding(kind, write, source, act)) endings.push({ step, by, source })
      if (source.startsWith('app ') && act?.consents) consents.push({ step, by, app: source })
      if (source.startsWith('code ') && kind === 'Put') issued.set(by, step)
      if (source.startsWith('code ') && kind === 'Update') {
        const grantId = write.ExpressionAttributeValues[':spentBy'].S
        spendings.push({ step, by, code: source.replace('code ', ''), grantId })
      }
    }
  }

  /** Returns the first step at which an operation read an item; -1 for what is older than all operations. */
  const readAt = (by: number, pk: string, sk: string): number =>
    done.find((arrival) => arrival.by === by && arrival.isAnswered && reads(arrival, pk, sk))?.step ?? -1

  /** Returns the latest write that ended what depends on an item, after a step. */
  const endedAfter = (source: Source, step: number) =>
    endings.findLast((ending) => ending.source === source && ending.step > step)

  /** Returns what ended a code and its grant, but for the session and the time. */
  function reasonOf({ client, by }: KnownCode): Ending | undefined {
    const user = readAt(by, `user#${scene.userId}`, 'profile')
    return (
      endedAfter('user', user) ??
      endedAfter(`client ${client}`, readAt(by, `client#${client}`, 'client')) ??
      endedAfter(`app ${client}`, issued.get(by) ?? -1)
    )
  }

  return {
    endings,
    spendings,
    consents,
    reasonOf,
    endedAfter,
    /** The step at which an approval read the user. */
    userReadAt: ({ by }: KnownCode) => readAt(by, `user#${scene.userId}`, 'profile'),
    /** Returns what ended a grant, but for the time. */
    endOf: ({ id, sessionId, code }: KnownGrant, isOffline: boolean): Ending | undefined =>
      endedAfter(`grant ${id}`, -1) ??
      reasonOf(code) ??
      (isOffline ? undefined : endedAfter(`session ${sessionId}`, -1)),
  }
}

/** Returns the app, client, user, session, grant or code whose item a write changes. */
function sourceOf(write: Attempt['input']): Source | undefined {
  const { pk, sk } = write.Key ?? write.Item
  const [, id] = /^(?:session|grant)#(.+)$/.exec(sk.S) ?? []
  if (sk.S === 'profile') return 'user'
  if (sk.S === 'client') return `client ${pk.S.replace('client#', '')}`
  if (sk.S.startsWith('session#')) return `session ${id}`
  if (sk.S.startsWith('grant#')) return `grant ${id}`
  if (pk.S.startsWith('code#')) return `code ${pk.S.replace('code#', '')}`
  const client = CLIENT_IDS.find((one) => appKey('', one).sk.S === sk.S)
  return client && `app ${client}`
}

function isEnding(kind: string, write: Attempt['input'], source: Source, act: Act | undefined): boolean {
  const isTombstone = /endedAt = /.test(write.UpdateExpression ?? '')
  if (/^(session|grant) /.test(source)) return kind === 'Delete' || isTombstone
  if (source === 'user') return act?.ends === 'user'
  if (source.startsWith('client ')) return act?.ends === 'shop'
  return source.startsWith('app ') && act?.ends === 'app'
}

const reads = ({ operation, input }: Arrival, pk: string, sk: string): boolean =>
  operation === 'BatchGetItem' &&
  Object.values(input.RequestItems).some((request) =>
    Object(request).Keys.some((key: Attempt['input']) => key.pk.S === pk && key.sk.S === sk),
  )
