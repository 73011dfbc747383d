import { budgetOf } from './budgets.ts'
import { buildBundles, readService } from './bundles.ts'

// Compares the size of every bundle with its budget. `npm run bench` compares the times.
const text = (bytes: number) => bytes.toLocaleString('en-GB').padStart(6)

for (const { name, bytes } of buildBundles(readService(), '.results/budget')) {
  const budget = budgetOf(name).bytes
  const isOver = bytes > budget
  console.log(`${name.padEnd(13)} ${text(bytes)} of ${text(budget)} bytes${isOver ? '  OVER BUDGET' : ''}`)
  if (isOver) process.exitCode = 1
}
