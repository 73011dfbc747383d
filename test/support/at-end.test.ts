import { afterAll, beforeAll, expect, test } from 'vitest'

const done: string[] = []
// This hook registers first, so it runs last.
afterAll(() => expect(done).toEqual(['test', 'second of beforeAll', 'first of beforeAll', 'file']))
const { atEnd } = await import('./at-end.ts')

atEnd(() => done.push('file'))
beforeAll(() => {
  atEnd(() => done.push('first of beforeAll'))
  atEnd(() => done.push('second of beforeAll'))
})

test('atEnd waits for the end of its test, or of its file, also in beforeAll', () => {
  atEnd(() => done.push('test'))
  expect(done).toEqual([])
})
