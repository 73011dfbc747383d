import { unzipSync } from 'fflate'
import { afterEach, expect, test, vi } from 'vitest'
import { archiveOf } from './archive.ts'

const FILES = { 'functions/login.cjs': Buffer.from('exports.handler = 1'), 'a.json': Buffer.from('{}') }

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the same files make the same archive, in any order, time zone and year', () => {
  const archive = archiveOf(FILES)
  vi.stubEnv('TZ', 'Pacific/Kiritimati')
  vi.setSystemTime('2040-07-01')
  const again = archiveOf(Object.fromEntries(Object.entries(FILES).reverse()))
  vi.useRealTimers()
  expect(Buffer.from(again).equals(archive)).toBe(true)
  const contents = Object.entries(unzipSync(archive)).map(([path, bytes]) => [
    path,
    String(Buffer.from(bytes)),
  ])
  expect(contents).toEqual([
    ['a.json', '{}'],
    ['functions/login.cjs', 'exports.handler = 1'],
  ])
})
