import { expect } from 'vitest'
import { startAccount } from '../operator/keys/account.ts'
import { proof } from '../support/rows.ts'
import { rejectionOf, testRefusals } from './refusals.ts'

testRefusals('representatives')

proof('the deployed stack determines which key signs', async () => {
  const account = await startAccount()
  const madeAt = '2026-11-24T00:00:00.000Z'
  account.describe({ signing: 'b', published: 'a,b', changedAt: madeAt, a: madeAt, b: madeAt })
  try {
    const command = 'deploy --stage prod --region eu-central-1 --param publishedKeys=a'
    expect(await rejectionOf(command, account.url)).toEqual([
      'The parameter publishedKeys must include the signing key b: a,b or b.',
    ])
  } finally {
    account.stop()
  }
})
