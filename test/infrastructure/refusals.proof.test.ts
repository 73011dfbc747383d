import { expect, test } from 'vitest'
import { rejectionOf, testRefusals } from '../support/refusals.ts'

testRefusals('all')

test('npm start --httpPort 3100 is rejected with the command that was meant', async () => {
  // What npm 11 makes of it: see plugins/options.test.ts.
  const variables = { npm_lifecycle_event: 'start', npm_config_httpport: 'true' }
  expect(await rejectionOf('offline start 3100', '', variables)).toEqual([
    'npm took --httpPort for its own option. Put -- before it: npm start -- --httpPort 3100',
  ])
})
