import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { filtersIn, PREFIX, patternsOf } from './alarm-template.ts'
import { filterPattern } from './filter-pattern.ts'
import { eventNames, logEverything, recordOf, service } from './logs.ts'
import { packageService } from './packaged.ts'

const template = packageService('prod', { pages: 'on' })
const logged = await logEverything()
const namesOf = (list: typeof logged) => [...new Set(list.map(({ message }) => message.event))].sort()

const isCounted = (functionKey: string, metricName: string, record: unknown) => {
  const [pattern = '', ...more] = patternsOf(template, functionKey, metricName)
  // Two filters would count everything twice.
  expect(more).toEqual([])
  return filterPattern(pattern)(record)
}

test('every event that is in the code has been logged here', () => {
  expect(namesOf(logged)).toEqual(eventNames().sort())
})

test('whatever a function logs is counted by the filter on its log group, under its event', () => {
  for (const one of logged) {
    const counted = isCounted(one.functionKey, 'Events', recordOf(one))
    expect({ ...one, counted }).toEqual({ ...one, counted: true })
  }
  const metrics = filtersIn(template).map(({ MetricTransformations }) => MetricTransformations)
  expect(metrics.filter(([{ MetricName }]) => MetricName === 'Events')).toEqual(
    Object.keys(service.functions).map(() => [
      {
        MetricNamespace: PREFIX,
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

/** Records of Lambda's own, and whether they tell of a function that came to nothing. */
test.each([
  [true, 'a start that failed', system('platform.initRuntimeDone', { phase: 'init', status: 'error' })],
  [true, 'a function out of time', report({ status: 'timeout' })],
  [true, 'a function out of memory', report({ status: 'error', errorType: 'Runtime.OutOfMemory' })],
  [true, 'a function that exited', report({ status: 'error', errorType: 'Runtime.ExitError' })],
  [false, 'an ordinary end', report({ status: 'success' })],
  [false, 'an error that was thrown', report({ status: 'error', errorType: 'Error' })],
  [false, 'an ordinary start', system('platform.initRuntimeDone', { phase: 'init', status: 'success' })],
  [false, 'a beginning', system('platform.start', { requestId: randomUUID(), version: '$LATEST' })],
])('it is %s that a function was aborted, of every function: %s', (aborted, _, record) => {
  for (const functionKey of Object.keys(service.functions)) {
    expect(isCounted(functionKey, 'Aborted', record)).toBe(aborted)
    expect(isCounted(functionKey, 'Events', record)).toBe(false)
  }
  expect(isCounted('authorizer', 'AuthorizerFailures', record)).toBe(aborted)
})

test('nothing that a function logs counts as aborted', () => {
  for (const one of logged) expect(isCounted(one.functionKey, 'Aborted', recordOf(one))).toBe(false)
})

test('the authorizer has failed when it could not judge, and not when it refused', () => {
  const ofAuthorizer = logged.filter(({ functionKey }) => functionKey === 'authorizer')
  const failed = ofAuthorizer.filter((one) => isCounted('authorizer', 'AuthorizerFailures', recordOf(one)))
  expect(namesOf(failed)).toEqual(['dependency.failed', 'request.crashed'])
  expect(namesOf(ofAuthorizer)).toEqual(['dependency.failed', 'request.crashed', 'token.refused'])
})
