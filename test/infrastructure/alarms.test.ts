import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withoutDevices } from '../../plugins/functions/devices.ts'
import { root } from '../support/process/service-description.ts'
import { filtersIn, prefixOf, propertiesOf } from './alarm-template.ts'
import { eventNames } from './logs.ts'
import { type Package, packageChangedProd, packageProd, TOPIC_ARN } from './packaged.ts'

interface Alarm {
  AlarmName: string
  Namespace: string
  MetricName: string
  Dimensions?: { Name: string; Value: string }[]
  TreatMissingData: string
  AlarmDescription: string
  AlarmActions?: string[]
  OKActions?: string[]
}

// It has the pages and mails, so it has all functions.
const template = await packageChangedProd()
const alarmsIn = (of: Package) => propertiesOf<Alarm>(of, 'AWS::CloudWatch::Alarm')

/**
 * The metrics that AWS itself provides, as far as alarms and dashboard use them, with their dimensions:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html,
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html,
 * https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
 */
const OF_AWS: Record<string, { names: string[]; dimensions: string[][] }> = {
  'AWS/ApiGateway': {
    names: ['Count', '4XXError', '5XXError', 'Latency'],
    dimensions: [['ApiName', 'Stage']],
  },
  'AWS/Lambda': {
    names: ['Duration', 'Throttles', 'ConcurrentExecutions', 'IteratorAge'],
    dimensions: [['FunctionName'], []],
  },
  'AWS/DynamoDB': {
    names: [
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ReadThrottleEvents',
      'WriteThrottleEvents',
    ],
    dimensions: [['TableName']],
  },
  'AWS/SQS': {
    names: ['ApproximateNumberOfMessagesVisible'],
    dimensions: [['QueueName']],
  },
  'AWS/SES': {
    names: ['Reputation.BounceRate', 'Reputation.ComplaintRate'],
    dimensions: [[]],
  },
}

test.each(alarmsIn(template))(
  '$AlarmName watches an existing metric, and treats missing data as not breaching',
  (alarm) => {
    const { Namespace, MetricName, Dimensions = [], TreatMissingData } = alarm
    expectMetric(
      Namespace,
      MetricName,
      Dimensions.map(({ Name, Value }) => [Name, Value]),
    )
    expect(TreatMissingData).toBe('notBreaching')
  },
)

test('alarms on codes and grants of apps exist with oauth=on only', async () => {
  const ofApps = (of: Package) =>
    alarmsIn(of).flatMap(({ Dimensions: [event] = [] }) =>
      /^(code|grant)\./.test(event?.Value ?? '') ? [event?.Value] : [],
    )
  expect(ofApps(template).toSorted()).toEqual(['code.reused', 'grant.reuse'])
  expect(ofApps(await packageProd())).toEqual([])
})

test('alarms on mail have the thresholds that AWS recommends, 5 % and 0.1 %', () => {
  const ofMail = propertiesOf<Alarm & { Threshold: number; ComparisonOperator: string }>(
    template,
    'AWS::CloudWatch::Alarm',
  ).filter(({ Namespace }) => Namespace === 'AWS/SES')
  const thresholds = ofMail.map(({ MetricName, ComparisonOperator, Threshold }) => [
    MetricName,
    ComparisonOperator,
    Threshold,
  ])
  expect(thresholds).toEqual([
    ['Reputation.BounceRate', 'GreaterThanOrEqualToThreshold', 0.05],
    ['Reputation.ComplaintRate', 'GreaterThanOrEqualToThreshold', 0.001],
  ])
})

test('alarms notify the topic of alarmTopicArn on ALARM and on OK', async () => {
  for (const [alarms, actions] of [
    [alarmsIn(await packageProd()), []],
    [alarmsIn(template), [TOPIC_ARN]],
  ] as const) {
    expect(alarms).not.toEqual([])
    for (const { AlarmActions = [], OKActions = [] } of alarms) {
      expect({ AlarmActions, OKActions }).toEqual({ AlarmActions: actions, OKActions: actions })
    }
  }
})

test('the alarm on a flood can be raised in every region by default, and takes requestFloodPerMinute', async () => {
  const thresholdIn = (of: Package) =>
    alarmsIn(of).find(({ AlarmName }) => AlarmName.endsWith('-request-flood'))
  // Requests a second that an account has by default in the 13 regions with the lowest quota:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
  const lowest = 2_500
  const flood = thresholdIn(await packageProd())
  expect(flood).toMatchObject({ Period: 60, Statistic: 'Sum', Threshold: (60 * lowest) / 2 })
  expect(thresholdIn(template)).toMatchObject({ Threshold: '300000' })
})

const operating = readFileSync(`${root}/docs/OPERATING.md`, 'utf8')

test('OPERATING.md has one section for each alarm, and no others', () => {
  const [, alarms = ''] = operating.split('\n## Alarms\n')
  const [section = ''] = alarms.split('\n## ')
  const headings = [...section.matchAll(/^### `(.+)`$/gm)].map(([, name]) => `${prefixOf(template)}-${name}`)
  expect(headings.sort()).toEqual(
    alarmsIn(template)
      .map(({ AlarmName }) => AlarmName)
      .sort(),
  )
})

test.each(alarmsIn(template))(
  '$AlarmName says what it means, how severe it is, and which section says what to do',
  ({ AlarmName, AlarmDescription }) => {
    const [, name] = AlarmName.split(`${prefixOf(template)}-`)
    const [, text, section] =
      /^([A-Z].{20,}\. Severity: (?:high|low)\.) See (\S+) in docs\/OPERATING\.md\.$/.exec(
        AlarmDescription,
      ) ?? []
    expect(section).toBe(name)
    expect(operating).toContain(`\n### \`${name}\`\n\n> ${text}\n\n`)
  },
)

test('OPERATING.md explains every event', () => {
  const explained = [...operating.matchAll(/^\| `(\w+\.\w+)` \|/gm)].map(([, name]) => name)
  expect(explained.sort()).toEqual(eventNames().sort())
})

test('the dashboard shows existing metrics of functions that call AWS, at most 50', () => {
  const [dashboard] = propertiesOf<{ DashboardName: string; DashboardBody: string }>(
    template,
    'AWS::CloudWatch::Dashboard',
  )
  expect(dashboard?.DashboardName).toBe(prefixOf(template))
  const body: { widgets: { properties: { metrics: unknown[][] } }[] } = JSON.parse(
    dashboard?.DashboardBody ?? '',
  )
  const metrics = body.widgets
    .flatMap(({ properties }) => properties.metrics)
    .map((row) => row.filter((part) => typeof part === 'string'))
  for (const [namespace = '', name = '', ...pairs] of metrics) {
    const dimensions = pairs.flatMap((part, index): [string, string][] =>
      index % 2 === 0 ? [[part, pairs[index + 1] ?? '']] : [],
    )
    expectMetric(namespace, name, dimensions)
  }
  const functions = propertiesOf<{ FunctionName: string; Handler: string }>(template, 'AWS::Lambda::Function')
  const notShown =
    /^functions\/(pages\/|content\/|service\/(metadata|openapi)\.|oauth\/fetch-client\.|proof\/|federation\/|admin\/|events\/|devices\/)/
  const shown = functions.filter(({ Handler }) => !notShown.test(withoutDevices(Handler)))
  expect(metrics.filter(([, name]) => name === 'Duration').map((metric) => metric[3])).toEqual(
    // Twice: the median and the 99th percentile.
    expect.arrayContaining(shown.map(({ FunctionName }) => FunctionName)),
  )
  expect(new Set(metrics.map((metric) => metric.join(' '))).size).toBeLessThanOrEqual(50)
})

/** Returns the values that a dimension may have: names of deployed resources or of logged events. */
function valuesOf(dimension: string): unknown[] {
  const all = (type: string, name: string) =>
    propertiesOf<Record<string, unknown>>(template, type).map((properties) => properties[name])
  switch (dimension) {
    case 'ApiName':
      return all('AWS::ApiGateway::RestApi', 'Name')
    case 'Stage':
      return all('AWS::ApiGateway::Stage', 'StageName')
    case 'FunctionName':
      return all('AWS::Lambda::Function', 'FunctionName')
    case 'QueueName':
      return all('AWS::SQS::Queue', 'QueueName')
    case 'TableName':
      return all('AWS::DynamoDB::Table', 'TableName')
    default:
      return eventNames()
  }
}

function expectMetric(namespace: string, name: string, dimensions: [string, string][]) {
  const fromFilters = filtersIn(template)
    .map(({ MetricTransformations: [metric] }) => metric)
    .filter(({ MetricNamespace, MetricName }) => MetricNamespace === namespace && MetricName === name)
  const known = fromFilters.map(({ Dimensions = [] }) => Dimensions.map(({ Key }) => Key))
  if (OF_AWS[namespace]?.names.includes(name)) known.push(...OF_AWS[namespace].dimensions)
  expect(known, `${namespace} ${name}`).toContainEqual(dimensions.map(([dimension]) => dimension))
  for (const [dimension, value] of dimensions) expect(valuesOf(dimension)).toContain(value)
}
