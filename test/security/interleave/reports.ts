import { ServiceError } from '../../../lib/errors.ts'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import type { End } from '../../support/interleave/history.ts'
import type { Report } from './act.ts'
import type { Facts } from './facts.ts'
import { ACTS, type ActName } from './operations.ts'
import type { UserScene } from './scene.ts'

/** Statuses that say what became of a request. After 429 nothing has changed, and after 503 anything may have. */
const SUCCESSES: unknown[] = [200, 204]
const REFUSALS: unknown[] = [401, 404, 409, 422, 429]

/** Operations that claim a name. */
const CLAIMING = /^(add|import|rename|set-email)/

const isRemoval = (name: ActName | undefined) => name === 'remove' || name === 'delete me'

/** An operation that has ended, and what it wrote to profiles. */
interface Ended {
  name: ActName
  by: number
  end: End<Report>
  own: Facts['writes']
}

/** Returns the violations in what operations reported. */
export function violationsOfReports(
  scene: UserScene,
  names: readonly ActName[],
  ends: readonly End<Report>[],
  facts: Facts,
): string[] {
  return ends.flatMap((end, by) => {
    const name = names[by] as ActName
    const ended = { name, by, end, own: facts.writes.filter((write) => write.by === by) }
    const found = [
      isUnexpected(end) && `ends with ${(end.error as Error | undefined)?.stack ?? end.value?.status}`,
      isEmptySuccess(ended, names, facts) && 'reports success and changed nothing',
      isFalseRefusal(ended, facts) && 'reports a refusal and changed the user',
      isUnread(ended, facts) && 'changed a user whom it had not read',
      isUnauthorized(ended, facts) && 'acted by a revoked token or session',
      isWrongSignIn(ended, scene, facts) && 'signed in without the correct password',
    ]
    return found.filter((text) => text !== false).map((text) => `${name} ${text}`)
  })
}

function isUnexpected({ value, error }: End<Report>): boolean {
  if (error !== undefined) return !(error instanceof ServiceError || error instanceof Refusal)
  return value?.status !== undefined && ![...SUCCESSES, ...REFUSALS, 503].includes(value.status)
}

const isSuccess = ({ value }: End<Report>) =>
  SUCCESSES.includes(value?.status) || value?.message !== undefined

function isEmptySuccess({ name, by, end, own }: Ended, names: readonly ActName[], facts: Facts): boolean {
  if (!isSuccess(end) || ACTS[name].effect === undefined) return false
  const { message = '', session } = end.value ?? {}
  // The user of an import may be there already, and the user of a removal may be gone already.
  if (/^present|does not exist/.test(message)) return false
  if (isRemoval(name) && facts.writes.some((other) => isRemoval(other.name) && other.step <= end.ended))
    return false
  // The session may have ended before, also because its token had been replaced, or be renewed: then nothing else ends.
  if (
    session &&
    (facts.isEndedBefore(session, end.ended, by) || names.some((other) => /^refresh|^login over/.test(other)))
  )
    return false
  return !own.some(({ step }) => step <= end.ended)
}

function isFalseRefusal({ name, by, end, own }: Ended, facts: Facts): boolean {
  if (!REFUSALS.includes(end.value?.status) && !(end.error instanceof Refusal)) return false
  return own.some(({ step, userId, isLate }) => {
    // A copy may arrive after another one was refused, when the name has become free.
    if (isLate && step > end.ended && CLAIMING.test(name)) return false
    // A later change hid this one.
    return !facts.writes.some(
      (other) => other.userId === userId && other.by !== by && other.step > step && other.step <= end.ended,
    )
  })
}

const isUnread = ({ by, own }: Ended, facts: Facts): boolean =>
  own.some(({ step, userId }) => {
    const created = facts.createdAt(userId, step)
    return created !== undefined && !facts.hasRead(by, userId, created, step)
  })

function isUnauthorized({ name, by, end, own }: Ended, facts: Facts): boolean {
  const { token, session } = end.value ?? {}
  return own.some(({ step }) => {
    // A password change checks its token in its write. The others check when they read.
    if (name === 'password' && token) {
      return facts.revoking(token).some((write) => write.by !== by && write.step < step)
    }
    return (
      session !== undefined &&
      facts.ending(session).some((write) => write.by !== by && write.step < end.began)
    )
  })
}

const isWrongSignIn = ({ name, by }: Ended, { tokens }: UserScene, facts: Facts): boolean =>
  tokens.some((token) => {
    const { password } = ACTS[name]
    if (token.by !== by || !name.startsWith('login')) return false
    const user = facts.userAt(token.userId, facts.readAt(by, token.userId))
    return user?.disabled !== false || user.password !== password
  })
