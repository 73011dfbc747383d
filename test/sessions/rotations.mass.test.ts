import { test, vi } from 'vitest'
import { expectReuseIsFoundAfter } from './rotations.ts'

vi.mock('node:crypto', async (original) => {
  const { countedHashes } = await import('./counted-hashes.ts')
  return countedHashes(await original())
})

test('the token of 20,000 rotations ago ends its session, for two hashes and an HMAC', async () => {
  await expectReuseIsFoundAfter(20_000)
}, 600_000)
