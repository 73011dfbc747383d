import { expect, test } from 'vitest'
import { merged } from './merge.ts'

test('merged adds what the project says, member by member', () => {
  expect(merged({ a: 1, b: { c: [1] } }, { b: { c: [2], d: 3 } })).toEqual({ a: 1, b: { c: [1, 2], d: 3 } })
})

test('merged keeps the value of the plugin where a member of serverless.yml is empty', () => {
  expect(merged({ apiGateway: true }, null)).toEqual({ apiGateway: true })
  expect(merged({ apiGateway: true }, { apiGateway: null, lambda: true })).toEqual({
    apiGateway: true,
    lambda: true,
  })
  expect(merged({ apiGateway: true }, { apiGateway: false })).toEqual({ apiGateway: false })
})
