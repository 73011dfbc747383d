import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DIFFERENCES, PLANS } from './plans.ts'

/** Returns the names of modules in a file of tests, as they stand there. */
const namesIn = (file: string) =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .match(/'oidcc-[\w%-]+'/g)
    ?.flatMap((quoted) => {
      const name = quoted.slice(1, -1)
      return name === 'oidcc-scope-%s' ? ['oidcc-scope-address', 'oidcc-scope-phone'] : name
    })

test.each([
  ['oidcc-basic-certification-test-plan', './basic.test.ts', 38],
  ['oidcc-rp-initiated-logout-certification-test-plan', './logout.test.ts', 11],
] as const)('each module of %s has a test of its name', (plan, file, count) => {
  expect(namesIn(file)?.toSorted()).toEqual(PLANS[plan].toSorted())
  expect(new Set(PLANS[plan]).size).toBe(count)
  const different = PLANS[plan].filter((name) => name in DIFFERENCES)
  console.log(`${plan}: ${count} modules, ${different.length} with a difference`)
})
