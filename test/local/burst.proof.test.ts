import '../support/process/real-argon2.ts'
import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { addSession, tableAt } from '../support/users/sessions.ts'

const service = await useLocalService()
const stores = { table: tableAt(service.dynamoDbUrl) }
let loops: ChildProcess[] = []
afterAll(() => loops.map((loop) => loop.kill('SIGKILL')))

let refreshTokens: string[] = []
beforeAll(async () => {
  // Not before: a run that only lists the tests would leave the loops behind.
  loops = Array.from({ length: 2 }, () => spawn(process.execPath, ['-e', 'for (;;);']))
  for (let index = 0; index < 50; index += 1) refreshTokens.push(await addSession(stores, 'user'))
})

test.for([1, 2, 3])('50 refreshes at once beside two endless loops are 50 × 200, round %i', async () => {
  expect(await refreshAll()).toEqual({ 200: 50 })
})

/** Refreshes all sessions at once, and returns how often each status came. */
async function refreshAll(): Promise<Record<string, number>> {
  const startedMs = performance.now()
  const headers = { 'Content-Type': 'application/json' }
  const responses = await Promise.all(
    refreshTokens.map((refreshToken) =>
      send(`${service.url}/refresh`, 'POST', headers, JSON.stringify({ refreshToken })),
    ),
  )
  const statuses = Map.groupBy(responses, ({ status }) => status)
  const counts = Object.fromEntries([...statuses].map(([status, all]) => [status, all.length]))
  console.log(`50 refreshes in ${Math.round(performance.now() - startedMs)} ms: ${JSON.stringify(counts)}`)
  refreshTokens = responses.map(({ body }, index) => JSON.parse(body).refreshToken ?? refreshTokens[index])
  return counts
}
