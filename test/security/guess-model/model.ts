import type { AwsCall } from '../../../lib/aws/client.ts'
import { attribute } from '../../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { verifyUserPassword } from '../../../lib/passwords/verify.ts'
import {
  type Attempt,
  admitAttempt,
  completeAttempt,
  returnAttempt,
} from '../../../lib/throttling/attempt.ts'
import type { Subject } from '../../../lib/throttling/counter.ts'
import { markKnownSources } from '../../../lib/throttling/known-sources.ts'
import type { Limits } from '../../../lib/throttling/limits.ts'
import { returnUnjudged } from '../../../lib/throttling/reservations.ts'
import type { ReservingTable } from '../../../lib/throttling/store.ts'
import { nameKey, profileKey } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { settleAll } from '../../support/at-once.ts'
import { testAt } from '../../support/users/users.ts'
import { createNetwork, randomFrom } from './network.ts'
import { createTable, type Key, REFUSED, type UpdateInput } from './table.ts'

const WINDOW_SECONDS = 900
const DAY_SECONDS = 3_600

/** Small limits, so that a few requests fill each counter. */
const limits: Limits = {
  LIMIT_USER_AND_SOURCE: { attempts: 3, windowSeconds: WINDOW_SECONDS },
  LIMIT_SOURCE: { attempts: 5, windowSeconds: WINDOW_SECONDS },
  LIMIT_KNOWN_SOURCE: { attempts: 6, windowSeconds: WINDOW_SECONDS },
  LIMIT_USER: { attempts: 7, windowSeconds: DAY_SECONDS },
  LIMIT_USER_AND_KNOWN_SOURCE: { attempts: 5, windowSeconds: DAY_SECONDS },
}

const SOURCES = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']

/** The password of the users of a schedule. */
export const CORRECT = 'correct'

/** An attempt whose password was verified. */
export interface Verdict {
  attempt: Attempt
  isCorrect: boolean
  /** Whether it completes a sign-in. */
  completes: boolean
  /** Number of additions that had arrived by then. */
  at: number
}

/** An attempt that was added to a counter. */
export interface Addition {
  key: string
  id: string
  /** The attempts in the counter, with this one, but for those that arrived after they had been given back. */
  ids: readonly string[]
}

/** What happened in one schedule. */
export interface Schedule {
  requests: number
  refused: number
  unavailable: number
  verdicts: Verdict[]
  /** In the order in which they arrived. A repeated one is there again. */
  additions: Addition[]
}

export const keyOf = ({ pk, sk }: Key): string => `${pk.S} ${sk.S}`

/** Runs bursts of guesses from a few sources, over windows, in an order and with faults that a seed determines. */
export async function runSchedule(seed: number, users: readonly User[]): Promise<Schedule> {
  const random = randomFrom(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  const table = createTable()
  for (const user of users) {
    table.put({ ...nameKey(user.username), userId: attribute(user.id) })
    table.put({ ...profileKey(user.id), ...profileOf(user) })
  }
  const schedule: Schedule = { requests: 0, refused: 0, unavailable: 0, verdicts: [], additions: [] }

  /** Keys and ids that were given back, and those of them that arrived late, after that. No client can cause a late write. */
  const givenBack = new Set<string>()
  const late = new Set<string>()

  function arrive(...call: Parameters<AwsCall>) {
    const output = table.call(...call)
    const { Key, UpdateExpression, ExpressionAttributeValues } = call[2] as Partial<UpdateInput>
    if (output !== REFUSED && Key !== undefined && UpdateExpression?.startsWith('ADD')) {
      const [id = ''] = ExpressionAttributeValues?.[':ids']?.SS ?? []
      const key = keyOf(Key)
      if (givenBack.has(`${key} ${id}`)) late.add(`${key} ${id}`)
      const ids = table.item(Key)?.ids?.SS ?? []
      schedule.additions.push({ key, id, ids: ids.filter((each) => !late.has(`${key} ${each}`)) })
    }
    if (output !== REFUSED && Key !== undefined && UpdateExpression?.startsWith('DELETE')) {
      for (const id of ExpressionAttributeValues?.[':ids']?.SS ?? []) givenBack.add(`${keyOf(Key)} ${id}`)
    }
    return output
  }

  const network = createNetwork(random, pick([0, 0.1, 0.3, 0.6]), arrive)

  async function request(subject: Subject, sourceIp: string, now: Date, password: string): Promise<void> {
    schedule.requests += 1
    const store: ReservingTable = { aws: network.aws, name: 'model', reserved: [] }
    try {
      const at = { ...testAt(store, now), config: limits, origin: { sourceIp, userAgent: '' } }
      const attempt = await admitAttempt(at, subject)
      const isCorrect = (await verifyUserPassword(attempt, password)) !== undefined
      const completes = isCorrect && 'loginName' in subject
      schedule.verdicts.push({ attempt, isCorrect, completes, at: schedule.additions.length })
      if (completes && attempt.user) {
        await completeAttempt(store, attempt)
        const marking = { ...at, config: { SESSION_TTL_SECONDS: 86_400 } }
        await markKnownSources(marking, attempt.user, attempt.mark)
      } else if (isCorrect) await returnAttempt(store, attempt)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      await returnUnjudged(store, error)
      if (error.code === 'too_many_attempts') schedule.refused += 1
      else schedule.unavailable += 1
    }
  }

  let nowMs = Date.UTC(2027, 0, 15, 12, 14)
  const running: Promise<void>[] = []
  for (let bursts = 1 + Math.floor(random() * 4); bursts > 0; bursts -= 1) {
    const { id: userId, username } = pick(users)
    const subject = pick<Subject>([{ loginName: username }, { loginName: 'unknown' }, { userId }])
    const sources = pick([[pick(SOURCES)], SOURCES])
    const rightRate = pick([0, 0, 0.1, 0.5])
    for (let count = 2 + Math.floor(random() * 14); count > 0; count -= 1) {
      const password = random() < rightRate ? CORRECT : 'wrong'
      running.push(request(subject, pick(sources), new Date(nowMs), password))
    }
    // Some of the calls arrive before the next burst, and the others during it.
    for (let steps = Math.floor(random() * 100); steps > 0; steps -= 1) await network.step()
    nowMs += pick([0, 0, 30_000, WINDOW_SECONDS * 1000])
  }
  while (await network.step()) {}
  await settleAll(running)
  return schedule
}

const profileOf = ({ username, passwordHash }: User) => ({
  username: attribute(username),
  passwordHash: attribute(passwordHash),
  role: attribute('user'),
  disabled: attribute(false),
  emailVerified: attribute(false),
  generation: attribute(1),
  sessionGeneration: attribute(1),
  changeId: attribute(''),
  createdAt: attribute(''),
  changedAt: attribute(''),
})
