import { AUTHORIZATION_US, budgetOf, LOGIN_PER_HASH, VERIFICATION_US } from './budgets.ts'
import type { Bundle } from './bundles.ts'
import type { Medians } from './measure.ts'

/** A row of the table. */
export interface Row {
  what: string
  /** The number that is compared with the budget, in `unit`. */
  value: number
  budget?: number | undefined
  unit: string
  digits: number
  /** The numbers that the value is made of, or a number for comparison. */
  beside: string
}

export const isOver = ({ value, budget = Number.POSITIVE_INFINITY }: Row): boolean => value > budget

export const amount = (value: number, { unit, digits }: Row): string => {
  const format = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: 'negative',
  } as const
  return `${value.toLocaleString('en-GB', format)} ${unit}`
}

/** Returns the rows for the sizes of the bundles. */
export const sizeRows = (bundles: readonly Bundle[]): Row[] =>
  bundles.map(({ name, bytes }) => ({
    what: `${name}, bundle`,
    value: bytes,
    budget: budgetOf(name).bytes,
    unit: 'bytes',
    digits: 0,
    beside: '',
  }))

/** Returns the rows for the times of one run, with the budgets for a whole CPU. */
export function timeRows({ emptyMs, coldMs, ...warm }: Medians): Row[] {
  const cold = ([name, ms]: [string, number]): Row => ({
    what: `${name}, cold start over an empty handler`,
    value: ms - emptyMs,
    budget: budgetOf(name).coldMs,
    unit: 'ms',
    digits: 1,
    beside: `${ms.toFixed(1)} ms, empty ${emptyMs.toFixed(1)} ms`,
  })
  return [
    ...Object.entries(coldMs).map(cold),
    {
      what: 'authorizer, warm, verifying a new token',
      value: warm.verificationUs,
      budget: VERIFICATION_US,
      unit: 'µs',
      digits: 0,
      beside: `bare crypto.verify ${warm.verifyUs.toFixed(0)} µs`,
    },
    {
      what: 'authorizer, warm, whole call',
      value: warm.authorizerUs,
      budget: AUTHORIZATION_US,
      unit: 'µs',
      digits: 0,
      beside: 'the same, and one read of the user',
    },
    {
      what: 'refresh, warm, whole call',
      value: warm.refreshMs,
      unit: 'ms',
      digits: 2,
      beside: `bare signature ${warm.signMs.toFixed(2)} ms`,
    },
    {
      what: 'login, warm, per call over its hash',
      value: warm.loginMs / warm.hashMs,
      budget: LOGIN_PER_HASH,
      unit: 'times',
      digits: 2,
      beside: `${warm.loginMs.toFixed(1)} ms, bare argon2id ${warm.hashMs.toFixed(1)} ms`,
    },
    {
      what: 'login, first calls, per call over its hash',
      value: warm.firstLoginMs / warm.firstHashMs,
      unit: 'times',
      digits: 2,
      beside: `${warm.firstLoginMs.toFixed(1)} ms, bare argon2id ${warm.firstHashMs.toFixed(1)} ms`,
    },
  ]
}

/** Returns the rows without budgets, for a run with a part of a CPU. */
export const withoutBudgets = (rows: readonly Row[]): Row[] => rows.map(({ budget, ...row }) => row)

/** Formats rows as a Markdown table with aligned columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    amount(row.value, row),
    row.budget === undefined ? '–' : amount(row.budget, row),
    row.budget === undefined ? '–' : isOver(row) ? 'OVER' : 'within',
    row.beside,
  ])
  const lines = [['Median of', 'Measured', 'Budget', 'Verdict', 'Made of, or compared with'], ...cells]
  const isNumber = (column: number) => column === 1 || column === 2
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const write = (line: string[]) =>
    `| ${line.map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, at) => (isNumber(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  const [head = [], ...body] = lines
  return [write(head), rule, ...body.map(write)].join('\n')
}
