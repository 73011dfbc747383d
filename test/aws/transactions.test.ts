import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { askAt, byName, createTable, runCase } from '../local/dynamodb/contract.ts'
import { STRING_SETS } from '../local/dynamodb/string-sets.ts'
import { TRANSACTIONS } from '../local/dynamodb/transactions.ts'

// A contract for the local DynamoDB and for moto's: local/dynamodb/dynamodb.test.ts runs the same cases against the local one.
// moto has no request tokens and no conflicts, so these are tested there only.

const ask = askAt(inject('emulatorUrl'))

beforeAll(() => createTable(ask))

describe.each([
  ['transactions', TRANSACTIONS],
  ['string sets', STRING_SETS],
])('moto has %s as AWS documents', (what, cases) => {
  const same = cases.filter(({ moto }) => moto === undefined)
  const different = cases.filter(({ moto }) => moto !== undefined)
  afterAll(() => console.log(`${cases.length} cases of ${what}, ${different.length} different in moto`))

  test.each(byName(same))('%s', async (_what, row) => {
    const { outcome, after } = row
    expect(await runCase(ask, row)).toEqual({ outcome, after })
  })

  test.each(byName(different))('but not that %s', async (_what, row) => {
    const { outcome, after } = row
    expect(await runCase(ask, row)).not.toEqual({ outcome, after })
  })
})
