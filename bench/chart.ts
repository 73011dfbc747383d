import { amount, compared, comparedOf, isOver, type Row } from './report.ts'

const WIDTH = 840
const LABEL_WIDTH = 330
const BAR_WIDTH = 300
const ROW_HEIGHT = 24

/**
 * Draws each row's share of its budget. Below, it draws the milliseconds of the run with a part of a CPU on one scale.
 *
 * Colours and background follow the reader's colour scheme. A viewer without one shows dark on light.
 *
 * @param rows - Rows, with or without budgets. Those without are left out.
 * @param held - Rows of the run with a part of a CPU. Empty if there was no such run.
 * @param share - The part of a CPU in that run, 0 to 1.
 * @returns An SVG document.
 */
export function chart(rows: readonly Row[], held: readonly Row[], share: number): string {
  const budgeted = rows.flatMap((row) => (row.budget === undefined ? [] : [{ row, budget: row.budget }]))
  const heldMs = held.filter(({ unit }) => unit === 'ms')
  const longestMs = Math.max(...heldMs.map(({ value }) => value))
  const bars = [
    heading('Share of its budget (the line is the budget)'),
    ...budgeted.map(({ row, budget }) => ({
      ...bar(row, comparedOf(row) / budget, `${compared(comparedOf(row), row)} of ${compared(budget, row)}`),
      limit: true,
    })),
    ...(heldMs.length > 0 ? [heading(`With ${Math.round(share * 100)} % of a CPU, no budget`)] : []),
    ...heldMs.map((row) => bar(row, row.value / longestMs, amount(row.value, row))),
  ]
  const height = bars.length * ROW_HEIGHT + 24
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">What the functions cost: each measured median as a share of its budget</title>
<style>
  .ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif } .heading { font-weight: 600 }
  .track { fill: #eaeef2 } .within { fill: #1a7f64 } .over { fill: #cf222e } .limit { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .track { fill: #21262d }
    .within { fill: #3fb68b } .over { fill: #ff7b72 } .limit { stroke: #e6edf3 }
  }
</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>
${bars.map(draw).join('\n')}
</svg>
`
}

interface Bar {
  label: string
  share?: number
  text?: string
  isOver?: boolean
  limit?: boolean
}

const heading = (label: string): Bar => ({ label })
const bar = (row: Row, share: number, text: string): Bar => ({
  label: row.what,
  share,
  text,
  isOver: isOver(row),
})

function draw({ label, share, text, isOver, limit }: Bar, index: number): string {
  const y = index * ROW_HEIGHT + 12
  const baseline = y + 17
  if (share === undefined) return `<text class="heading" x="16" y="${baseline}">${label}</text>`
  // A bar far over its budget would leave the picture.
  const width = Math.round(Math.max(0, Math.min(share, 1.05)) * BAR_WIDTH)
  const end = LABEL_WIDTH + BAR_WIDTH
  return [
    `<text x="16" y="${baseline}">${label}</text>`,
    `<rect class="track" x="${LABEL_WIDTH}" y="${y + 5}" width="${BAR_WIDTH}" height="14"/>`,
    `<rect class="${isOver ? 'over' : 'within'}" x="${LABEL_WIDTH}" y="${y + 5}" width="${width}" height="14"/>`,
    limit ? `<line class="limit" x1="${end}" x2="${end}" y1="${y + 2}" y2="${y + 22}"/>` : '',
    `<text x="${end + 24}" y="${baseline}">${text}${isOver ? ', OVER' : ''}</text>`,
  ].join('')
}
