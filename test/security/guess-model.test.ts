import { expect, test, vi } from 'vitest'
import { STRING_SETS } from '../local/dynamodb/string-sets.ts'
import { runSchedules } from './guess-model/run.ts'
import { createTable, REFUSED, type UpdateInput } from './guess-model/table.ts'

test('300 schedules of bursts, windows and faults keep to the limits', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  expect(await runSchedules(300)).toEqual({})
})

/** The updates that an attempt makes, without those that DynamoDB finds invalid. */
const rows = STRING_SETS.filter(
  ({ input, outcome }) =>
    /SET expiresAt|^DELETE/.test((input as UpdateInput).UpdateExpression) &&
    Object(outcome).type !== 'ValidationException',
)

test.each(rows.map((row) => [row.what, row] as const))(
  "the model's table is like DynamoDB: %s",
  (_, { before = [], input, outcome, after }) => {
    const table = createTable()
    for (const item of before) table.put(item as Parameters<typeof table.put>[0])
    const output = table.call('dynamodb', 'UpdateItem', input)
    if (outcome === 'done') expect(output).not.toBe(REFUSED)
    else if ('type' in outcome) expect(output).toBe(REFUSED)
    else expect(output).toEqual({ Attributes: outcome.attributes })
    expect(table.item((input as UpdateInput).Key)).toEqual(after[0])
  },
)
