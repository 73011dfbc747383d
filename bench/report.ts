import { budgetOf, type FloorName, UNCACHED_GET, WARM_BUDGETS } from './budgets.ts'
import type { Bundle } from './bundles.ts'
import type { Medians } from './measure.ts'
import type { WebMedians } from './web/measure.ts'

/** What a median is compared with: a floor, a bare operation or another program, measured in the same run. */
interface Base {
  what: string
  /** In the unit of the row. */
  value: number
}

/** A row of the table. */
export interface Row {
  what: string
  /** The median, in `unit`. */
  value: number
  unit: string
  digits: number
  /** A row without a base is compared with its budget as it is. */
  base?: Base
  /** The most that the value may be: a multiple of the base, or without a base an amount in `unit`. */
  budget?: number | undefined
  /** The numbers that the value is made of. */
  note?: string
}

/** Returns the number that is compared with the budget. */
export const comparedOf = ({ value, base }: Row): number => (base ? value / base.value : value)

export const isOver = (row: Row): boolean => comparedOf(row) > (row.budget ?? Number.POSITIVE_INFINITY)

const write = (value: number, digits: number): string =>
  value.toLocaleString('en-GB', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: 'negative',
  })

/** Formats a value of a row in its unit. */
export const amount = (value: number, { unit, digits }: Row): string => `${write(value, digits)} ${unit}`

/** Formats a number that is compared with the row's budget, or that budget. */
export const compared = (value: number, row: Row): string =>
  row.base ? `${write(value, 2)} times` : amount(value, row)

/** Returns a sentence for each row that is over its budget. It names the ratio, its two numbers and the budget. */
export const excesses = (rows: readonly Row[]): string[] =>
  rows.filter(isOver).map((row) => {
    const { what, value, base, budget = 0 } = row
    const measured = base && ` (${amount(value, row)}, and ${base.what} ${amount(base.value, row)})`
    return `${what}: ${compared(comparedOf(row), row)}${measured ?? ''}, budget ${compared(budget, row)}`
  })

/** Returns the rows for the sizes of the bundles. */
export const sizeRows = (bundles: readonly Bundle[]): Row[] =>
  bundles.map(({ name, bytes }) => ({
    what: `${name}, bundle`,
    value: bytes,
    budget: budgetOf(name).bytes,
    unit: 'bytes',
    digits: 0,
  }))

/** Returns the rows for the cold starts of one run, and those of the floors. */
export function coldRows({ emptyMs, coldMs, floorMs }: Medians): Row[] {
  const row = (name: string, ms: number): Row => ({
    what: `${name}, cold start over an empty handler`,
    value: ms - emptyMs,
    unit: 'ms',
    digits: 1,
    note: `${ms.toFixed(1)} ms, empty ${emptyMs.toFixed(1)} ms`,
  })
  const floors = Object.entries(floorMs).map(([name, ms]) => row(`floor of ${name}`, ms))
  const functions = Object.entries(coldMs).map(([name, ms]) => {
    const { floor = 'authorizer', cold } = budgetOf(name)
    return { ...row(name, ms), base: floorBase(floor, floorMs[floor] - emptyMs), budget: cold }
  })
  return [...floors, ...functions]
}

const floorBase = (name: FloorName, value: number): Base => ({ what: `floor of ${name}`, value })

/** Returns the rows for the warm calls of one run. */
export function warmRows(warm: Medians): Row[] {
  const us = (what: string, value: number, base: Base, budget?: number): Row => ({
    what,
    value,
    unit: 'µs',
    digits: 0,
    base,
    budget,
  })
  const ms = (what: string, value: number, base: Base, budget?: number): Row => ({
    what,
    value,
    unit: 'ms',
    digits: 2,
    base,
    budget,
  })
  const verify = { what: 'bare crypto.verify', value: warm.verifyUs }
  const read = { what: 'bare read', value: warm.readUs }
  const hash = { what: 'bare argon2id', value: warm.hashMs }
  const firstHash = { ...hash, value: warm.firstHashMs }
  return [
    us('floor of authorizer, warm, whole call', warm.floorAuthorizerUs, verify),
    us('authorizer, warm, verifying a new token', warm.verificationUs, verify, WARM_BUDGETS.verification),
    us('authorizer, warm, whole call', warm.authorizerUs, read, WARM_BUDGETS.authorization),
    ms('refresh, warm, whole call', warm.refreshMs, { what: 'bare signature', value: warm.signMs }),
    ms('floor of login, warm, whole call', warm.floorLoginMs, hash),
    ms('login, warm, whole call', warm.loginMs, floorBase('login', warm.floorLoginMs), WARM_BUDGETS.login),
    ms('login, first calls', warm.firstLoginMs, firstHash),
  ]
}

/**
 * Returns the row for requests of protected content.
 *
 * @param cores - Says which cores the server has.
 */
export const webRow = (cores: string, { serviceUs, fastapiUs }: WebMedians): Row => ({
  what: `GET / without a cache, ${cores}`,
  value: serviceUs,
  unit: 'µs',
  digits: 0,
  base: { what: 'FastAPI without a user', value: fastapiUs },
  budget: UNCACHED_GET,
  note: `${write(1e6 / serviceUs, 0)} a second, FastAPI ${write(1e6 / fastapiUs, 0)}`,
})

/** Returns the rows without budgets, for a run with a part of a CPU. */
export const withoutBudgets = (rows: readonly Row[]): Row[] => rows.map(({ budget, ...row }) => row)

/** Formats rows as a Markdown table with aligned columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    amount(row.value, row),
    row.base ? compared(comparedOf(row), row) : '–',
    row.budget === undefined ? '–' : compared(row.budget, row),
    row.budget === undefined ? '–' : isOver(row) ? 'OVER' : 'within',
    [row.base && `${row.base.what} ${amount(row.base.value, row)}`, row.note].filter(Boolean).join('; '),
  ])
  const heads = ['Median of', 'Measured', 'Ratio', 'Budget', 'Verdict', 'Ratio to, and made of']
  const lines = [heads, ...cells]
  const isNumber = (column: number) => column >= 1 && column <= 3
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const lineOf = (line: string[]) =>
    `| ${line.map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, at) => (isNumber(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  return [lineOf(heads), rule, ...cells.map(lineOf)].join('\n')
}
