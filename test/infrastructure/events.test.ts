import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { logEvent } from '../../lib/log.ts'
import { root } from '../support/process/service-description.ts'
import { filtersIn, logGroupOf, patternsOf, prefixOf } from './alarm-template.ts'
import { filterPattern } from './filter-pattern.ts'
import { eventNames, type Logged, logEverything, recordOf, service } from './logs.ts'
import { packageChangedProd } from './packaged.ts'

const template = await packageChangedProd()
const logged = await logEverything()
const namesOf = (list: typeof logged) => [...new Set(list.map(({ message }) => message.event))].sort()

test('logEverything logs every event that the code names', () => {
  expect(namesOf(logged)).toEqual(eventNames().sort())
})

const functionKeys = Object.keys(service.functions)

const isCounted = (functionKey: string, metricName: string, record: unknown) => {
  const [pattern = '', ...others] = patternsOf(template, functionKey, metricName)
  // Two filters would count every event twice.
  expect(others).toEqual([])
  return filterPattern(pattern)(record)
}

test('the filter on the log group counts every event that a function logs, by its name', () => {
  for (const one of logged) {
    const counted = isCounted(one.functionKey, 'Events', recordOf(one))
    expect({ ...one, counted }).toEqual({ ...one, counted: true })
  }
  const metrics = filtersIn(template).map(({ MetricTransformations }) => MetricTransformations)
  expect(metrics.filter(([{ MetricName }]) => MetricName === 'Events')).toEqual(
    [...new Set(functionKeys.map((key) => logGroupOf(template, key)))].map(() => [
      {
        MetricNamespace: prefixOf(template),
        MetricName: 'Events',
        MetricValue: '1',
        Dimensions: [{ Key: 'event', Value: '$.message.event' }],
      },
    ]),
  )
})

const system = (type: string, record: object) => ({ time: new Date().toISOString(), type, record })
const report = (record: object) =>
  system('platform.report', { requestId: randomUUID(), metrics: { durationMs: 5000 }, ...record })

/** Records of Lambda's own, and whether they report an aborted function. */
test.each([
  [true, 'a failed start', system('platform.initRuntimeDone', { phase: 'init', status: 'error' })],
  [true, 'a timeout', report({ status: 'timeout' })],
  [true, 'memory exhausted', report({ status: 'error', errorType: 'Runtime.OutOfMemory' })],
  [true, 'an exit of the process', report({ status: 'error', errorType: 'Runtime.ExitError' })],
  [false, 'an ordinary end', report({ status: 'success' })],
  [false, 'a thrown error', report({ status: 'error', errorType: 'Error' })],
  [false, 'an ordinary start', system('platform.initRuntimeDone', { phase: 'init', status: 'success' })],
  [
    false,
    'an invocation that starts',
    system('platform.start', { requestId: randomUUID(), version: '$LATEST' }),
  ],
])('Aborted counts the record (%s) of every function for %s', (aborted, _, record) => {
  for (const functionKey of functionKeys) {
    expect(isCounted(functionKey, 'Aborted', record)).toBe(aborted)
    expect(isCounted(functionKey, 'Events', record)).toBe(false)
  }
  expect(isCounted('authorizer', 'AuthorizerFailures', record)).toBe(aborted)
})

test('every event names its function', () => {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'serverless-jwt-auth-prod-auth-login')
  const info = vi.spyOn(console, 'info').mockReturnValue()
  logEvent('info', { event: 'login.accepted' })
  expect(info.mock.calls).toEqual([
    [{ event: 'login.accepted', function: 'serverless-jwt-auth-prod-auth-login' }],
  ])
  const files = globSync('{lib,functions}/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
  const direct = files.filter((file) => /\bconsole(\.\w+\(|\[)/.test(readFileSync(`${root}/${file}`, 'utf8')))
  expect(direct).toEqual(['lib/log.ts'])
})

test('no event of a function counts as Aborted', () => {
  for (const one of logged) expect(isCounted(one.functionKey, 'Aborted', recordOf(one))).toBe(false)
})

test('AuthorizerFailures counts failures of the authorizer, and no rejected tokens', () => {
  const ofAuthorizer = logged.filter(({ functionKey }) => functionKey === 'authorizer')
  const failed = ofAuthorizer.filter((one) => isCounted('authorizer', 'AuthorizerFailures', recordOf(one)))
  expect(namesOf(failed)).toEqual(['dependency.failed', 'request.crashed'])
  expect(namesOf(ofAuthorizer)).toEqual(['dependency.failed', 'request.crashed', 'token.refused'])
})

test('CopiedSessions counts requests that a copy of a session may have made, and no renewal that failed', () => {
  const [one] = logged.filter(({ message }) => message.event === 'session.unbound')
  const reasons = ['missing', 'invalid', 'unreachable', 'server_error', 'quota_exceeded']
  const counted = reasons.filter((reason) => {
    const message = { ...one?.message, reason }
    return isCounted('refresh', 'CopiedSessions', recordOf({ ...one, message } as Logged))
  })
  expect(counted).toEqual(['missing', 'invalid'])
  const others = logged.filter(({ message }) => message.event !== 'session.unbound')
  for (const other of others) expect(isCounted('refresh', 'CopiedSessions', recordOf(other))).toBe(false)
})
