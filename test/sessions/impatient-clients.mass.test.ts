import { test } from 'vitest'
import { expectNoSessionIsLost } from './impatient-clients.ts'

test('none of 2,000 impatient clients loses its session', async () => {
  await expectNoSessionIsLost(2_000, 5, 2)
}, 900_000)
