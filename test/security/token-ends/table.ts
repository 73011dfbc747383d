import { readFileSync } from 'node:fs'
import { root } from '../../support/process/service-description.ts'

/** The table of SECURITY.md that says when tokens end. */
export interface TokenEnds {
  /** Kinds of tokens, in their order. */
  columns: string[]
  rows: { change: string; cells: string[] }[]
}

const HEADING = '## How long a revoked token is accepted'

/** Reads the table: the first one below its heading. */
export function readTokenEnds(): TokenEnds {
  const [, section = ''] = readFileSync(`${root}/docs/SECURITY.md`, 'utf8').split(HEADING)
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? []
  const [header = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf)
  return {
    columns: header.slice(1),
    rows: rows.map(([change = '', ...cells]) => ({ change, cells })),
  }
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
