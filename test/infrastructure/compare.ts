import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

// Compares two packages of the service, and prints each resource and output that differs. The order of members and of lists
// does not count. Exits with 1 if anything differs.
//
//   npx sls package --package .results/before    (on the earlier commit, and the same on the later one)
//   node test/infrastructure/compare.ts .results/before .results/after

type Template = Record<'Resources' | 'Outputs' | 'Conditions', Record<string, unknown>>

const [before, after] = process.argv.slice(2).map(templateIn)
if (before === undefined || after === undefined) throw new Error('name two folders of packages')

let differences = 0
for (const part of ['Resources', 'Outputs', 'Conditions'] as const) {
  const names = new Set([...Object.keys(before[part] ?? {}), ...Object.keys(after[part] ?? {})])
  for (const name of [...names].sort()) {
    const [one, other] = [before[part]?.[name], after[part]?.[name]].map((value) => sorted(value))
    if (isDeepStrictEqual(one, other)) continue
    differences += 1
    console.log(`${part} ${name}:`)
    console.log(`  before ${JSON.stringify(one)}\n  after  ${JSON.stringify(other)}`)
  }
}
console.log(`${differences} differences`)
process.exitCode = differences === 0 ? 0 : 1

function templateIn(folder: string): Template {
  return JSON.parse(readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8'))
}

/** Returns a value with its members and lists in order. The arguments of CloudFormation's functions keep theirs. */
function sorted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item))
    return name.startsWith('Fn::') ? items : items.sort((a, b) => text(a).localeCompare(text(b)))
  }
  if (typeof value !== 'object' || value === null) return withoutTimes(value)
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(Object(value)[key], key)]),
  )
}

function text(value: unknown): string {
  return JSON.stringify(value)
}

/** The framework names archives and their versions after the time of the package. */
function withoutTimes(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\d{13}-\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME') : value
}
