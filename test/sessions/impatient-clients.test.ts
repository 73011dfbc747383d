import { test } from 'vitest'
import { expectNoSessionIsLost } from '../support/impatient-clients.ts'

test('no impatient client loses its session', async () => {
  await expectNoSessionIsLost(60, 3, 1)
})
