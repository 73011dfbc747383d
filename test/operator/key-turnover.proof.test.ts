import { beforeEach, expect, test, vi } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { startStage } from './keys/stage.ts'

recordLogs()

const stores = await useService()
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) }))

// AWS rejects requests of an operator whose clock is further ahead.
const CLOCK_AHEAD_SECONDS = 300

test('two key turnovers fail no request, with every token checked everywhere', async () => {
  const stage = await startStage(stores, { isThorough: true })
  const target = 'b of b'
  expect(await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })).toContain(target)
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })
  await stage.callFor(1000)
  console.log(`Key turnover, every token: ${stage.tally()}`)
  expect(stage.failures()).toEqual({})
  // How many there are depends on the machine.
  expect(stage.requests().call).toBeGreaterThan(1_000)
  stage.stop()
})

test('a turnover at once rejects valid tokens', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ atOnce: true })
  await stage.turnOver({ atOnce: true, until: 'signs' })
  expect(stage.failures()).toMatchObject({
    call: expect.any(Number),
    'verification elsewhere': expect.any(Number),
  })
  stage.stop()
})

test('a wait 2 s shorter before a key is deleted rejects a token in its last second', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS + 2 })
  expect(stage.failures()).toEqual({ call: expect.any(Number) })
  stage.stop()
})

test('a wait 2 s shorter before a key signs leaves a verifier without the key', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })
  expect(stage.failures()).toEqual({})
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS + 2, until: 'signs' })
  expect(stage.failures()).toEqual({ 'verification elsewhere': expect.any(Number) })
  stage.stop()
})
