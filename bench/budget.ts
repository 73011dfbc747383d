import { FUNCTIONS } from './budgets.ts'
import { buildBundles, readService } from './bundles.ts'

// npm run check: every bundle's bytes against its budget. Times are judged by bench/run.ts.
const text = (bytes: number) => bytes.toLocaleString('en-GB').padStart(6)

for (const { name, bytes } of buildBundles(readService(), '.results/budget')) {
  const budget = FUNCTIONS[name].bytes
  const isOver = bytes > budget
  console.log(`${name.padEnd(13)} ${text(bytes)} of ${text(budget)} bytes${isOver ? '  OVER BUDGET' : ''}`)
  if (isOver) process.exitCode = 1
}
