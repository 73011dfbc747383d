/** The names on AWS of everything that the dashboard shows. */
interface Shown {
  namespace: string
  region: string
  stage: string
  apiName: string
  tableName: string
  /** Functions whose duration is shown. */
  functionNames: string[]
}

/** An account has three dashboards for free, each with this number of metrics. */
const FREE_METRICS = 50
/** Metrics on the dashboard in addition to those of the single functions. */
const SHARED_METRICS = 23

/**
 * Returns the body of the CloudWatch dashboard
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
 *
 * Each function adds two metrics, its duration and its throttles. If they exceed the free metrics, the dashboard shows
 * the throttles of all functions as one metric. Then it is free with up to 26 functions.
 */
export function dashboardBody(shown: Shown): string {
  const { region } = shown
  const widgets = widgetsOf(shown).map(([title, stat, metrics]) => ({
    type: 'metric',
    width: 12,
    height: 6,
    properties: { title, region, stat, period: 300, view: 'timeSeries', metrics },
  }))
  return JSON.stringify({ widgets })
}

/** A metric with its dimensions and options, in the form of a dashboard body. */
type Metric = (string | object)[]

/** Returns the widgets in their order. */
function widgetsOf(shown: Shown): [title: string, stat: string, metrics: Metric[]][] {
  const { namespace, functionNames } = shown
  const { events, gateway, ofFunctions, ofTable } = metricsOf(shown)
  const throttles =
    SHARED_METRICS + 2 * functionNames.length <= FREE_METRICS
      ? ofFunctions('Throttles')
      : [['AWS/Lambda', 'Throttles', { label: 'the whole account' }]]
  return [
    ['Passwords', 'Sum', events('login.accepted', 'login.refused', 'login.throttled', 'password.refused')],
    ['Tokens', 'Sum', events('token.refused', 'session.reuse')],
    ['Mail', 'Sum', events('mail.sent', 'mail.refused', 'mail.unknown', 'mail.unresolved')],
    [
      'Failures',
      'Sum',
      [
        ...events('dependency.failed', 'request.crashed', 'key.refused'),
        [namespace, 'Aborted'],
        [namespace, 'AuthorizerFailures'],
      ],
    ],
    ['Requests', 'Sum', [gateway('Count'), gateway('4XXError'), gateway('5XXError')]],
    [
      'Latency at the gateway, ms',
      'p50',
      [gateway('Latency', { label: 'p50' }), gateway('Latency', { label: 'p99', stat: 'p99' })],
    ],
    ['Duration, p50, ms', 'p50', ofFunctions('Duration')],
    ['Duration, p99, ms', 'p99', ofFunctions('Duration')],
    ['Throttled for lack of concurrency', 'Sum', throttles],
    ['Concurrency', 'Maximum', [['AWS/Lambda', 'ConcurrentExecutions', { label: 'the whole account' }]]],
    ['Table', 'Sum', TABLE_METRICS.map(ofTable)],
  ]
}

const TABLE_METRICS = [
  'ConsumedReadCapacityUnits',
  'ConsumedWriteCapacityUnits',
  'ReadThrottleEvents',
  'WriteThrottleEvents',
]

/** Returns functions that add the dimensions of this stage to the names of metrics. */
const metricsOf = ({ namespace, stage, apiName, tableName, functionNames }: Shown) => ({
  events: (...names: string[]): Metric[] => names.map((name) => [namespace, 'Events', 'event', name]),
  gateway: (name: string, ...options: object[]): Metric => [
    'AWS/ApiGateway',
    name,
    'ApiName',
    apiName,
    'Stage',
    stage,
    ...options,
  ],
  ofFunctions: (name: string): Metric[] =>
    functionNames.map((functionName) => ['AWS/Lambda', name, 'FunctionName', functionName]),
  ofTable: (name: string): Metric => ['AWS/DynamoDB', name, 'TableName', tableName],
})
