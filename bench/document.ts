import { excesses, type Row, table } from './report.ts'

/** What the document says about a run. */
export interface Run {
  /** The machine, and the day of the run. */
  machine: string
  rows: readonly Row[]
  /** Rows of the run with a part of a CPU. Empty if there was no such run. */
  heldRows: readonly Row[]
  heldPercent: number
}

const SECTION = /^## A run\n.*?(?=^## )/ms

/**
 * Replaces the run that a page shows.
 *
 * @param page - Has a section "A run", and another section after it.
 */
export function withRun(page: string, { machine, rows, heldRows, heldPercent }: Run): string {
  if (!SECTION.test(page)) throw new Error('the page has no section "A run" before another one')
  const over = excesses(rows)
  const listed = ['Over budget:\n', ...over.map((excess) => `- ${excess}`)].join('\n')
  const section = [
    '## A run',
    `\`npm run bench -- --write\` writes this section. Machine: ${machine}.`,
    over.length === 0 ? 'Every row is within its budget.' : listed,
    '```console\n$ npm run bench\n```',
    '![Each measured median as a share of its budget](performance.svg)',
    table(rows),
    ...(heldRows.length > 0 ? [`With the CPU held to ${heldPercent} %:`, table(heldRows)] : []),
  ]
  return page.replace(SECTION, () => `${section.join('\n\n')}\n\n`)
}
