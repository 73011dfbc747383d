import { globSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { root } from '../support/process/service-description.ts'

// A sentence that a module says while it loads is in the first language for all readers.

const early: string[] = []

vi.mock('../../lib/application/texts.ts', async (original) => {
  const texts = await original<typeof import('../../lib/application/texts.ts')>()
  const recorded = (name: 'say' | 'currentLanguage' | 'currentWords') => ({
    [name](...given: [never]) {
      early.push(`${name}(${given})`)
      return texts[name](...given)
    },
  })
  return { ...texts, ...recorded('say'), ...recorded('currentLanguage'), ...recorded('currentWords') }
})

/** All handlers of pages and of mails, and what calls `say` elsewhere. */
const MODULES = globSync(['functions/**/*.ts', 'lib/**/*.ts'], { cwd: root })
  .filter((file) => !/\.test\.ts$|\.d\.ts$/.test(file) && file !== 'lib/application/texts.ts')
  .filter(
    (file) =>
      /^functions\/(pages|mail)\//.test(file) ||
      readFileSync(`${root}/${file}`, 'utf8').includes("application/texts.ts'"),
  )

test('no module says a sentence while it loads, before the language of a reader is known', async () => {
  for (const file of MODULES) await import(`${root}/${file}`)
  console.log(`${MODULES.length} modules`)
  expect(MODULES).toEqual(
    expect.arrayContaining(['functions/pages/signin/signin.ts', 'lib/http/pages/shell.ts']),
  )
  expect(early).toEqual([])
})
