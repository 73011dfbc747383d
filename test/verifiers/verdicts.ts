import { expect } from 'vitest'
import type { Ask } from './programs.ts'
import type { TokenCase } from './tokens.ts'

/** Sends every token to both routes of a program, expects the statuses of its case, and prints how many it accepted. */
export async function expectVerdicts(program: string, ask: Ask, cases: readonly TokenCase[]): Promise<void> {
  const verdicts: Pick<TokenCase, 'name' | 'statuses'>[] = []
  for (const { name, token } of cases) {
    verdicts.push({ name, statuses: [await ask('/', token), await ask('/admin', token)] })
  }
  expect(verdicts).toEqual(cases.map(({ name, statuses }) => ({ name, statuses })))
  const accepted = verdicts.filter(({ statuses: [status] }) => status === 200).length
  console.log(`${program}: ${accepted} tokens accepted, ${verdicts.length - accepted} refused`)
}
