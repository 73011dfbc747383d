import { isAdministrator } from '../../../lib/application/roles.ts'
import { findUser } from '../../../lib/users/store.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import type { Arrival, History } from '../../support/interleave/history.ts'
import { REQUESTS } from '../routes.ts'
import { LOSSES, PROMOTED, type Report, SIGN_IN } from './acts.ts'
import type { AdminScene, Caller } from './scene.ts'

/**
 * Returns the violations of: a request changes nothing, and leaves no event and no mail, once its caller has lost the rights that it had
 * at the read; it says 401 then; nothing changes a user who was promoted meanwhile; and an enabled administrator is left.
 */
export async function violationsOf(
  scene: AdminScene,
  names: readonly string[],
  history: History<Report>,
): Promise<string[]> {
  return [
    ...violationsOfOne(names, history),
    ...names.flatMap((name, by) => (/^\w+ \//.test(name) ? violationsOfCaller(names, by, history) : [])),
    ...(await violationsOfRest(scene, names)),
  ]
}

/** A request that meets nothing else must succeed, or the other schedules show nothing. A sign-in of the user is nothing that it meets. */
function violationsOfOne([name = '', ...others]: readonly string[], { ends }: History<Report>): string[] {
  const status = ends[0]?.value?.status
  const isExpected = others.some((other) => other !== SIGN_IN) || status === REQUESTS[name]?.status
  return isExpected ? [] : [`${name} says ${status}`]
}

type Change = Pick<Arrival, 'step' | 'by'>

/** Returns the transactions of the operation with an event, and its mails. Counters are no changes. */
function changesBy(by: number, { arrivals }: History<Report>): Change[] {
  const transactions = appliedIn(arrivals).filter(
    (one) => one.by === by && JSON.stringify(one.input).includes('-events"'),
  )
  const mails = arrivals.filter((one) => one.by === by && one.isDone && one.operation.startsWith('/'))
  return [...transactions, ...mails]
}

function violationsOfCaller(names: readonly string[], by: number, history: History<Report>): string[] {
  const { arrivals, ends } = history
  const end = names.findIndex((name) => name in LOSSES || name === PROMOTED)
  const [lost] = end < 0 ? [] : changesBy(end, history)
  if (lost === undefined) return []
  const what = names[end]
  const own = changesBy(by, history)
  const read = arrivals.find((one) => one.by === by && one.operation === 'BatchGetItem')
  const isBetween = read !== undefined && read.step < lost.step && !own.some(({ step }) => step < lost.step)
  const status = ends[by]?.value?.status
  // No operator may act as an administrator. This has a status of its own.
  const refusals = names[by] === 'POST /act-as' ? [403, 409] : [404, 409]
  const expected = what === PROMOTED ? refusals : [401]
  return [
    ...own.filter(({ step }) => step > lost.step).map(() => `${names[by]} takes effect after ${what}`),
    ...(isBetween && !expected.includes(Number(status)) ? [`${names[by]} says ${status} after ${what}`] : []),
  ]
}

async function violationsOfRest(
  { table, root, boss }: AdminScene,
  names: readonly string[],
): Promise<string[]> {
  if (!names.some((name) => /^(root|boss): /.test(name))) return []
  const left = await Promise.all([root, boss].map(({ user }: Caller) => findUser(table, user.id)))
  const isLeft = left.some((user) => user && !user.disabled && isAdministrator(user.role))
  return isLeft ? [] : ['no enabled administrator is left']
}
