import { describe, expect, test } from 'vitest'
import { budgetOf, UNCACHED_GET, WARM_BUDGETS } from './budgets.ts'
import { chart } from './chart.ts'
import { withRun } from './document.ts'
import type { Medians } from './measure.ts'
import { coldRows, excesses, isOver, type Row, table, warmRows, webRow, withoutBudgets } from './report.ts'

describe('a row', () => {
  test.each<[string, Row, boolean]>([
    ['with a ratio below its budget is within it', ratio(199, 2), false],
    ['with a ratio that equals its budget is within it', ratio(200, 2), false],
    ['with a ratio above its budget is over it', ratio(201, 2), true],
    ['with a ratio and no budget is never over it', ratio(1_000_000), false],
    ['in bytes is within its budget at the last byte', size(68_000), false],
    ['in bytes is over its budget by one byte', size(68_001), true],
  ])('%s', (_what, row, expected) => {
    expect(isOver(row)).toBe(expected)
  })
})

test('an excess names the ratio, both numbers and the budget', () => {
  expect(excesses([ratio(199, 2), ratio(265, 2), size(68_001)])).toEqual([
    'authorizer, warm, whole call: 2.65 times (265 µs, and bare read 100 µs), budget 2.00 times',
    'login, bundle: 68,001 bytes, budget 68,000 bytes',
  ])
})

test.each([1, 10])('times are within their budgets on a machine %d times as slow', (slowness) => {
  expect(excesses(rowsOf(mediansAt(0.99, slowness)))).toEqual([])
})

test('each time with a budget is over it when its ratio is', () => {
  const over = rowsOf(mediansAt(1.01)).filter(isOver)
  expect(over.map(({ what }) => what)).toEqual([
    'authorizer, cold start over an empty handler',
    'login, cold start over an empty handler',
    'authorizer, warm, verifying a new token',
    'authorizer, warm, whole call',
    'login, warm, whole call',
  ])
})

test('the cold start of a sign-in with a provider has a budget', () => {
  const { cold = 0 } = budgetOf('federation')
  const rows = (ratio: number) => {
    const medians = mediansAt(1)
    const floorMs = medians.floorMs.authorizer - medians.emptyMs
    return coldRows({ ...medians, coldMs: { federation: medians.emptyMs + ratio * floorMs } })
  }
  expect(rows(cold * 0.99).filter(isOver)).toEqual([])
  expect(
    rows(cold * 1.01)
      .filter(isOver)
      .map(({ what }) => what),
  ).toEqual(['federation, cold start over an empty handler'])
})

test('GET / may take as long as FastAPI, and no longer', () => {
  const overAt = (serviceUs: number) => isOver(webRow('all cores', { serviceUs, fastapiUs: 200 }))
  expect([overAt(200 * UNCACHED_GET), overAt(201 * UNCACHED_GET)]).toEqual([false, true])
})

test('the table shows the ratio, its budget and both numbers', () => {
  expect(table([ratio(265, 2), size(100), ...withoutBudgets([ratio(265, 2)])])).toBe(
    [
      '| Median of                    |  Measured |      Ratio |       Budget | Verdict | Ratio to, and made of |',
      '| ---------------------------- | --------: | ---------: | -----------: | ------- | --------------------- |',
      '| authorizer, warm, whole call |    265 µs | 2.65 times |   2.00 times | OVER    | bare read 100 µs      |',
      '| login, bundle                | 100 bytes |          – | 68,000 bytes | within  |                       |',
      '| authorizer, warm, whole call |    265 µs | 2.65 times |            – | –       | bare read 100 µs      |',
    ].join('\n'),
  )
})

test('the chart shows the share of the ratio in its budget', () => {
  expect(chart([ratio(150, 2), size(68_001)], [], 1)).toMatch(
    /width="225" height="14".*>1\.50 times of 2\.00 times<.*>68,001 bytes of 68,000 bytes, OVER</s,
  )
})

describe('a page with a run', () => {
  const page = '# Page\n\n## A run\n\nOld, $& and all.\n\n## Reading it\n\nText.\n'
  const run = { machine: 'two cores', rows: [ratio(265, 2)], heldRows: [], heldPercent: 29 }

  test('gets another run in the place of the old one', () => {
    const written = withRun(page, run)
    expect(written).toMatch(/^# Page\n\n## A run\n\n.*two cores.*\n\n## Reading it\n\nText\.\n$/s)
    expect(written).not.toContain('Old')
    expect(written).toContain('\n- authorizer, warm, whole call: 2.65 times')
    expect(withRun(written, run)).toBe(written)
  })

  test('says that everything is within its budget', () => {
    expect(withRun(page, { ...run, rows: [size(1)] })).toContain('\n\nEvery row is within its budget.\n\n')
  })

  test('must have a place for it', () => {
    expect(() => withRun('# Page\n\n## A run\n', run)).toThrow('no section')
  })
})

/** Medians at which each budgeted time is a multiple of its budget. */
function mediansAt(share: number, slowness = 1): Medians {
  const times = (name: string, base: number) => slowness * (20 + (budgetOf(name).cold ?? 1) * base * share)
  const ms = (number: number) => number * slowness
  return {
    emptyMs: ms(20),
    floorMs: { authorizer: ms(34), login: ms(74) },
    coldMs: { authorizer: times('authorizer', 14), login: times('login', 54), refresh: ms(1_000) },
    verifyUs: ms(23),
    readUs: ms(150),
    verificationUs: ms(23 * WARM_BUDGETS.verification * share),
    authorizerUs: ms(150 * WARM_BUDGETS.authorization * share),
    floorAuthorizerUs: ms(1_000),
    hashMs: ms(20),
    loginMs: ms(24 * WARM_BUDGETS.login * share),
    floorLoginMs: ms(24),
    firstHashMs: ms(20),
    firstLoginMs: ms(1_000),
    signMs: ms(1),
    refreshMs: ms(1_000),
  }
}

const rowsOf = (medians: Medians) => [...coldRows(medians), ...warmRows(medians)]

function ratio(value: number, budget?: number): Row {
  return {
    what: 'authorizer, warm, whole call',
    value,
    unit: 'µs',
    digits: 0,
    base: { what: 'bare read', value: 100 },
    budget,
  }
}

function size(value: number): Row {
  return {
    what: 'login, bundle',
    value,
    unit: 'bytes',
    digits: 0,
    budget: 68_000,
  }
}
