import { posix } from 'node:path'

/** The part of StrykerJS's report that is used here (mutation-testing-report-schema). */
export interface Report {
  files: Record<string, { source: string; mutants: Mutant[] }>
}

interface Mutant {
  mutatorName: string
  replacement?: string
  status: string
  location: { start: Position; end: Position }
}

/** Counted from 1. */
interface Position {
  line: number
  column: number
}

/** Scores of a folder. `undetected` counts the mutants that no test fails for, or no test runs. */
interface Score {
  detected: number
  undetected: number
}

const DETECTED = ['Killed', 'Timeout']
const UNDETECTED = ['Survived', 'NoCoverage']

/** Returns the scores of all folders in the report, by their paths. Mutants that are no valid program do not count. */
export function scoresOf({ files }: Report): Map<string, Score> {
  const scores = new Map<string, Score>()
  for (const [file, { mutants }] of Object.entries(files)) {
    const folder = posix.dirname(file)
    const { detected, undetected } = scores.get(folder) ?? { detected: 0, undetected: 0 }
    const count = (statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length
    scores.set(folder, {
      detected: detected + count(DETECTED),
      undetected: undetected + count(UNDETECTED),
    })
  }
  return scores
}

/** Returns the share of detected mutants in percent. */
export const percentOf = (scores: Iterable<Score>): number => {
  const all = [...scores]
  const sum = (of: keyof Score) => all.reduce((total, score) => total + score[of], 0)
  return (100 * sum('detected')) / (sum('detected') + sum('undetected'))
}

/** Returns the undetected mutants of each file, as the code that they change: the old lines and the new ones. */
export const survivorsOf = (report: Report): Map<string, string[]> => changesIn(report, UNDETECTED)

/** Returns the mutants of each file whose tests took too long, as {@link survivorsOf} does. A busy machine makes such mutants. */
export const timedOutIn = (report: Report): Map<string, string[]> => changesIn(report, ['Timeout'])

const changesIn = ({ files }: Report, statuses: string[]): Map<string, string[]> =>
  new Map(
    Object.entries(files).map(([file, { source, mutants }]) => [
      file,
      mutants
        .filter(({ status }) => statuses.includes(status))
        .map((mutant) => changeOf(source, mutant))
        .sort(),
    ]),
  )

function changeOf(source: string, { location: { start, end }, replacement = '' }: Mutant): string {
  const lines = source.split('\n')
  const before = lines.slice(start.line - 1, end.line)
  const first = lines[start.line - 1] ?? ''
  const last = lines[end.line - 1] ?? ''
  const after = `${first.slice(0, start.column - 1)}${replacement}${last.slice(end.column - 1)}`
  return `${inOneLine(before.join('\n'))} → ${inOneLine(after)}`
}

/** Joins lines, and shortens what is long: a block that is emptied. */
function inOneLine(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim()
  return line.length <= MAX_LENGTH
    ? line
    : `${line.slice(0, MAX_LENGTH / 2)} … ${line.slice(-MAX_LENGTH / 2)}`
}

const MAX_LENGTH = 110

/** Returns what `actual` has more than `listed`, with repetitions. */
export function surplusOf(actual: readonly string[], listed: readonly string[]): string[] {
  const left = [...listed]
  return actual.filter((one) => {
    const index = left.indexOf(one)
    if (index !== -1) left.splice(index, 1)
    return index === -1
  })
}
