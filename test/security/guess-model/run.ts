import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { testUser } from '../../support/users/users.ts'
import { CORRECT, runSchedule } from './model.ts'
import { brokenPromises } from './promises.ts'

/** Runs the schedules of the first seeds. Returns what was broken, by seed, and prints what happened. */
export async function runSchedules(count: number): Promise<Record<number, string[]>> {
  const passwordHash = await hashPassword(CORRECT, Buffer.alloc(SALT_BYTES, 1))
  const users = ['ada', 'bob'].map((username) => testUser({ username, passwordHash }))
  const broken: Record<number, string[]> = {}
  const sums = { requests: 0, refused: 0, unavailable: 0, wrong: 0, signIns: 0, additions: 0 }
  for (let seed = 1; seed <= count; seed += 1) {
    const schedule = await runSchedule(seed, users)
    const promises = brokenPromises(schedule)
    if (promises.length > 0) broken[seed] = promises
    const { requests, refused, unavailable, verdicts, additions } = schedule
    sums.requests += requests
    sums.refused += refused
    sums.unavailable += unavailable
    sums.wrong += verdicts.filter(({ isCorrect }) => !isCorrect).length
    sums.signIns += verdicts.filter(({ completes }) => completes).length
    sums.additions += additions.length
  }
  const { requests, refused, unavailable, wrong, signIns, additions } = sums
  console.log(
    `${count} schedules of guesses: ${requests} requests, ${additions} additions; ${wrong} wrong verdicts, ${signIns} sign-ins, ${refused} refused, ${unavailable} unavailable`,
  )
  return broken
}
