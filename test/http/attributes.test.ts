import { inject, test } from 'vitest'
import { expectRefused } from './attribute-writes.ts'

const DEMO = { username: 'user', operator: 'admin' }

// `own-config.proof.test.ts` has the same for a service with attributes.
test('no route takes attributes', async () => {
  const count = await expectRefused(inject('serviceUrl'), DEMO, { attributes: { plan: 'pro' } })
  console.log(`${count} routes`)
})
