import { afterAll, expect, test, vi } from 'vitest'
import { claimsOf } from '../support/http/forge.ts'
import { recordLogs } from '../support/logs.ts'
import { rowsOf } from '../support/rows.ts'
import { appsOf, CHANGES, ownersOf } from './token-ends/changes.ts'
import { CELLS, COLUMNS, type Use, usesIn } from './token-ends/columns.ts'
import { addApp, BEGIN_MS, begin, CACHE_SECONDS, moveOn, startService } from './token-ends/scene.ts'
import { readTokenEnds } from './token-ends/table.ts'

// The table in SECURITY.md: each change is made as its user or operator makes it, and each token is used where it is accepted.

vi.mock('../../auth.config.ts', async (original) => {
  const { default: config } = await original<typeof import('../../auth.config.ts')>()
  const attributes = {
    plan: { type: 'string', values: ['free', 'pro'], revokes: true },
    colour: { type: 'string', values: ['red', 'blue'] },
  }
  return { default: { ...config, attributes } }
})

const table = readTokenEnds()
let cases = 0

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const service = await startService()
await addApp(service)
const restore = await service.restorer()
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  service.aws.stop()
  console.log(`Ends of tokens: ${cases} uses of tokens after ${rows.length} changes`)
})

test('the table of SECURITY.md has the changes, kinds of tokens and words that are proved', () => {
  expect(table.rows.map(({ change }) => change)).toEqual(Object.keys(CHANGES))
  expect(table.columns).toEqual(Object.keys(COLUMNS))
  for (const { change, cells } of table.rows) {
    const words = Object.values(COLUMNS).map(({ kind }) => Object.keys(CELLS[kind]))
    expect(
      cells.map((cell, index) => words[index]?.includes(cell)),
      change,
    ).toEqual(words.map(() => true))
  }
})

const rows = table.rows.flatMap(({ change, cells }) =>
  Object.keys(CHANGES[change]?.ways ?? {}).map((way) => ({ change, way, cells })),
)

test.each(rowsOf(rows, ({ cells }) => cells.join()))(
  '$change: by $way, tokens end as the table says',
  async (row) => {
    await restore()
    const change = CHANGES[row.change] as (typeof CHANGES)[string]
    const scene = await begin(service, change.hasFactor ?? false)
    const uses = usesIn(scene, { owners: ownersOf(change), apps: appsOf(change) }, row.cells)
    const ofKind = (wanted: string) => uses.filter(({ kind }) => kind === wanted)
    const expectAll = async (
      all: Use[],
      when: string,
      isAccepted: (accepted: Use['accepted']) => boolean,
    ) => {
      for (const { what, use, accepted } of all) {
        cases += 1
        expect(await use(), `${what} ${when}`).toBe(isAccepted(accepted))
      }
    }
    // The gateway caches what the authorizer said of each token.
    await expectAll(ofKind('access'), 'before the change', () => true)

    await change.ways[row.way]?.(scene)

    await expectAll(uses, 'at once', ({ atOnce }) => atOnce)
    moveOn(CACHE_SECONDS - 0.001)
    await expectAll(ofKind('access'), 'while the gateway caches it', ({ cached }) => cached)
    moveOn(0.001)
    await expectAll(uses, 'later', ({ later }) => later)
    const staying = ofKind('refresh').filter(({ accepted }) => accepted.later)
    for (const { what, renewed } of staying) expect(await renewed(), `${what}: its access token`).toBe(true)

    const lasting = ofKind('access').filter(({ accepted }) => accepted.later)
    for (const expiresAt of [...new Set(lasting.map((one) => one.expiresAt))].sort()) {
      const ending = lasting.filter((one) => one.expiresAt === expiresAt)
      vi.setSystemTime(expiresAt * 1000 - 1)
      await expectAll(ending, 'before its exp', () => true)
      vi.setSystemTime(expiresAt * 1000)
      await expectAll(ending, 'from its exp on', () => false)
    }
  },
)

test('access tokens are valid for the 30 minutes that the table names', async () => {
  await restore()
  const { authToken, apps } = (await begin(service, false)).this
  for (const token of [authToken, apps.online.access_token, apps.offline.access_token]) {
    const { iat, exp } = claimsOf(token)
    expect(exp - iat).toBe(1_800)
  }
})
