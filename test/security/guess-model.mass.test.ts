import { expect, test, vi } from 'vitest'
import { runSchedules } from './guess-model/run.ts'

test('30,000 schedules of bursts, windows and faults keep to the limits', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  expect(await runSchedules(30_000)).toEqual({})
}, 600_000)
