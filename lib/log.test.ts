import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ServiceError } from './errors.ts'
import { logFailure } from './log.ts'

let records: [method: string, record: unknown][]

beforeEach(() => {
  records = []
  for (const method of ['info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((record) => void records.push([method, record]))
  }
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('a rejection is logged as information', () => {
  const cause = Object.assign(new Error('exp'), { code: 'ERR_JWT_EXPIRED' })
  logFailure(new ServiceError('invalid_token', 'token rejected', { cause }))
  expect(records).toEqual([
    [
      'info',
      {
        event: 'token.refused',
        code: 'invalid_token',
        reason: 'token rejected',
        cause: 'ERR_JWT_EXPIRED: exp',
      },
    ],
  ])
})

test('a failed dependency is logged as an error, with its cause', () => {
  const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
  logFailure(new ServiceError('unavailable', 'kms Sign failed', { cause }))
  expect(records).toEqual([
    [
      'error',
      {
        event: 'dependency.failed',
        code: 'unavailable',
        reason: 'kms Sign failed',
        cause: 'ThrottlingException: slow down',
      },
    ],
  ])
})

test('a bug is logged with its stack', () => {
  logFailure(new TypeError('no such property'))
  expect(records).toEqual([
    [
      'error',
      {
        event: 'request.crashed',
        code: 'internal',
        reason: 'unexpected error',
        cause: expect.stringMatching(/no such property\n +at .*log\.test/),
      },
    ],
  ])
})
