import { expect, test } from 'vitest'
import { compressedBytes, MODULE_BUDGETS, MODULES, minifyModule, readServed } from './client.ts'

test.each(MODULES)('the served module is %s, minified: npm run client', async (module) => {
  expect(readServed(module)).toBe(await minifyModule(module))
})

test.each(MODULES)('the served module of %s is within its budget, compressed', (module) => {
  expect(compressedBytes(readServed(module))).toBeLessThanOrEqual(MODULE_BUDGETS[module])
})
