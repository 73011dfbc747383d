import { expect, test, vi } from 'vitest'
import { operatorClient } from './operator.ts'

const timeouts: number[] = []
vi.mock('./connection.ts', () => ({
  connectionTo: () => (_path: string, _headers: object, _body: string, timeoutMs: number) => {
    timeouts.push(timeoutMs)
    return Promise.resolve({ status: 500, body: '{}', errorType: undefined })
  },
}))

test('an attempt of an operator’s command has three seconds', async () => {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: '' }
  const call = operatorClient({ region: 'eu-central-1', credentials, endpoints: {} })
  await expect(call('dynamodb', 'GetItem', {})).rejects.toThrow('dynamodb GetItem failed')
  expect(timeouts).toEqual([3_000, 3_000, 3_000])
})
