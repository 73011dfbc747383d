import {
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  LOGIN_PER_FASTEST_STORE,
  LOGIN_PER_HASH,
  STORE_SIZES,
  VERIFICATION_US,
} from './budgets.ts'
import type { Bundle } from './bundles.ts'
import type { Medians } from './measure.ts'

/** One line of the table. */
export interface Row {
  what: string
  /** The number that is judged, in `unit`. */
  value: number
  budget?: number | undefined
  unit: string
  digits: number
  /** What the number was made of, or is to be seen beside. */
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

/** The rows for the bundles' sizes. */
export const sizeRows = (bundles: readonly Bundle[]): Row[] =>
  bundles.map(({ name, bytes }) => ({
    what: `${name}, bundle`,
    value: bytes,
    budget: FUNCTIONS[name].bytes,
    unit: 'bytes',
    digits: 0,
    beside: '',
  }))

/** The rows for the times of one run, with the budgets that hold for a whole CPU. */
export function timeRows({ emptyMs, coldMs, ...warm }: Medians): Row[] {
  const cold = (name: FunctionName): Row => ({
    what: `${name}, cold start over an empty handler`,
    value: coldMs[name] - emptyMs,
    budget: FUNCTIONS[name].coldMs,
    unit: 'ms',
    digits: 1,
    beside: `${coldMs[name].toFixed(1)} ms, empty ${emptyMs.toFixed(1)} ms`,
  })
  return [
    ...FUNCTION_NAMES.map(cold),
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
  ]
}

/** The rows for login with stores of {@link STORE_SIZES}, given the median milliseconds of each. */
export function storeRows(loginMs: readonly number[]): Row[] {
  const fastestMs = Math.min(...loginMs)
  return STORE_SIZES.map((size, index) => {
    const ms = loginMs[index] ?? Number.NaN
    return {
      what: `login, ${size.toLocaleString('en-GB')} users in the store`,
      value: ms / fastestMs,
      budget: LOGIN_PER_FASTEST_STORE,
      unit: 'times',
      digits: 2,
      beside: `${ms.toFixed(1)} ms, fastest ${fastestMs.toFixed(1)} ms`,
    }
  })
}

/** The same rows for a run that no budget was made for. */
export const withoutBudgets = (rows: readonly Row[]): Row[] => rows.map(({ budget, ...row }) => row)

/** Rows as a Markdown table that is readable as it stands. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    amount(row.value, row),
    row.budget === undefined ? '–' : amount(row.budget, row),
    row.budget === undefined ? '–' : isOver(row) ? 'OVER' : 'within',
    row.beside,
  ])
  const lines = [['Median of', 'Measured', 'Budget', 'Verdict', 'Made of, or beside'], ...cells]
  const isNumber = (column: number) => column === 1 || column === 2
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const write = (line: string[]) =>
    `| ${line.map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, at) => (isNumber(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  const [head = [], ...body] = lines
  return [write(head), rule, ...body.map(write)].join('\n')
}
