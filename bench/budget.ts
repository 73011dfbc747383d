import { compressedBytes, MODULE_BUDGETS, MODULES, readServed } from '../packages/client.ts'
import { budgetOf } from './budgets.ts'
import { buildBundles, readService } from './bundles.ts'

// Compares the size of every bundle with its budget. `npm run bench` compares the times.
const text = (bytes: number) => bytes.toLocaleString('en-GB').padStart(6)

const report = (name: string, bytes: number, budget: number) => {
  const isOver = bytes > budget
  console.log(`${name.padEnd(13)} ${text(bytes)} of ${text(budget)} bytes${isOver ? '  OVER BUDGET' : ''}`)
  if (isOver) process.exitCode = 1
}

for (const { name, bytes } of await buildBundles(readService(), '.results/budget')) {
  report(name, bytes, budgetOf(name).bytes)
}
for (const module of MODULES) {
  report(`${module}, gz`, compressedBytes(readServed(module)), MODULE_BUDGETS[module])
}
