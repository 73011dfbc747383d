import type { Table } from '../../lib/aws/dynamodb.ts'
import { type Redeemed, redeemRefreshToken } from '../../lib/sessions/redeem.ts'
import { type PresentedToken, readRefreshToken, withSecret } from '../../lib/sessions/refresh-token.ts'
import { rotateSecret } from '../../lib/sessions/rotate.ts'
import type { SessionLifetimes } from '../../lib/sessions/session.ts'
import { testAt } from '../support/users/users.ts'

const GRACE_SECONDS = 10
const RELOADS_AT_ONCE = 4
const RELOAD_AFTER_MS = 150
const PATIENCE_MS = 1_000

/** A request takes at most 5 seconds, so one that is sent in these arrives within the grace. */
const RELOADS_FOR_MS = 4_000

/** What a client is like: a source of random numbers, and what its sessions are. */
export interface Setting {
  table: Table
  lifetimes: SessionLifetimes
  random(): number
}

/** A refresh on its way: when it reaches the function, its write the store, and its response the client. */
interface Request {
  sentAtMs: number
  token: string
  times: readonly [arrives: number, writes: number, responds: number]
}

/** Returns a source of the same random numbers at every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sends a request. One in four is slow in one of its three parts. */
function send({ random }: Setting, token: string, sentAtMs: number): Request {
  const slowPart = random() < 0.25 ? Math.floor(random() * 3) : undefined
  let at = sentAtMs
  const times = [0, 1, 2].map((part) => {
    at += part === slowPart ? 1_500 + random() * 3_500 : 5 + random() * 60
    return at
  })
  return { sentAtMs, token, times: times as unknown as Request['times'] }
}

/**
 * Lets a client refresh in a model clock: it reloads four times at once, and again while no response comes within a
 * second, for four seconds. A reload abandons the request before it, and presents the token that the client has by then.
 *
 * @returns The client's next token and the number of its requests. Throws what the service throws for one of them.
 */
export async function refreshImpatiently(
  setting: Setting,
  token: string,
  startMs: number,
): Promise<{ token: string; requests: number }> {
  const { table, lifetimes } = setting
  let own = token
  let requests = 0
  let last: Request | undefined
  let isAnswered = false
  const events: { at: number; run(): Promise<void> | void }[] = []
  const at = (time: number, run: () => Promise<void> | void) => events.push({ at: time, run })

  function reload(time: number) {
    const request = send(setting, own, time)
    const [arrivesAt, writesAt, respondsAt] = request.times
    const now = new Date(arrivesAt)
    last = request
    isAnswered = false
    requests += 1
    let presented: PresentedToken
    let redeemed: Redeemed
    at(arrivesAt, async () => {
      presented = readRefreshToken(request.token)
      redeemed = await redeemRefreshToken(testAt(table, now), presented, GRACE_SECONDS)
    })
    let next: string
    at(writesAt, async () => {
      const rotation = { presented, redeemed, lifetimes, graceSeconds: GRACE_SECONDS }
      const { secret } = await rotateSecret(testAt(table, now), rotation)
      next = withSecret(request.token, secret)
    })
    at(respondsAt, () => {
      if (last !== request) return
      own = next
      isAnswered = true
    })
    const again = time + PATIENCE_MS
    if (again > startMs + RELOADS_FOR_MS) return
    at(again, () => {
      if (last === request && !isAnswered) reload(again)
    })
  }

  for (let index = 0; index < RELOADS_AT_ONCE; index += 1) {
    const time = startMs + index * RELOAD_AFTER_MS
    at(time, () => reload(time))
  }
  while (events.length > 0) {
    events.sort((one, two) => one.at - two.at)
    await events.shift()?.run()
  }
  return { token: own, requests }
}
