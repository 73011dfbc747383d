import { afterEach, expect, test, vi } from 'vitest'
import { settleAll } from '../support/at-once.ts'
import { inEnvironment } from '../support/http/handlers.ts'

const { testFile } = globalThis
afterEach(() => {
  globalThis.testFile = testFile
})

const read = () => [process.env.FIRST, process.env.SECOND]

test('a handler has its environment while it is called, and the test keeps its own', () => {
  vi.stubEnv('FIRST', 'of the test')
  const handler = inEnvironment({ FIRST: 'own', SECOND: 'own' }, read)
  const failing = inEnvironment({ SECOND: 'own' }, () => {
    throw new Error(String(read()))
  })
  expect(handler()).toEqual(['own', 'own'])
  expect(read()).toEqual(['of the test', undefined])
  expect(failing).toThrow('of the test,own')
  expect(read()).toEqual(['of the test', undefined])
})

test('a handler is not called after the end of its test file', () => {
  const handler = inEnvironment({}, () => 'called')
  expect(handler()).toBe('called')
  globalThis.testFile = {}
  expect(handler).toThrow('test file has ended')
})

test('settleAll fails after all have ended, with the first failure in their order', async () => {
  const ended: string[] = []
  const act = async (name: string, turns: number) => {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
    ended.push(name)
    if (name !== 'c') throw new Error(name)
    return name
  }
  await expect(settleAll([act('a', 2), act('b', 1), act('c', 5)])).rejects.toThrow('a')
  expect(ended).toEqual(['b', 'a', 'c'])
  expect(await settleAll([act('c', 1), act('c', 2)])).toEqual(['c', 'c'])
})
