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
  const { namespace, region, stage, apiName, tableName, functionNames } = shown
  const widget = (title: string, stat: string, metrics: (string | object)[][]) => ({
    type: 'metric',
    width: 12,
    height: 6,
    properties: { title, region, stat, period: 300, view: 'timeSeries', metrics },
  })
  const events = (...names: string[]) => names.map((name) => [namespace, 'Events', 'event', name])
  const gateway = (name: string, ...options: object[]) => [
    'AWS/ApiGateway',
    name,
    'ApiName',
    apiName,
    'Stage',
    stage,
    ...options,
  ]
  const ofFunctions = (name: string) =>
    functionNames.map((functionName) => ['AWS/Lambda', name, 'FunctionName', functionName])
  const throttles =
    SHARED_METRICS + 2 * functionNames.length <= FREE_METRICS
      ? ofFunctions('Throttles')
      : [['AWS/Lambda', 'Throttles', { label: 'the whole account' }]]
  const ofTable = (name: string) => ['AWS/DynamoDB', name, 'TableName', tableName]

  return JSON.stringify({
    widgets: [
      widget('Passwords', 'Sum', [
        ...events('login.accepted', 'login.refused', 'login.throttled'),
        ...events('password.refused'),
      ]),
      widget('Tokens', 'Sum', events('token.refused', 'session.reuse')),
      widget('Mail', 'Sum', events('mail.sent', 'mail.refused', 'mail.unknown', 'mail.unresolved')),
      widget('Failures', 'Sum', [
        ...events('dependency.failed', 'request.crashed', 'key.refused'),
        [namespace, 'Aborted'],
        [namespace, 'AuthorizerFailures'],
      ]),
      widget('Requests', 'Sum', [gateway('Count'), gateway('4XXError'), gateway('5XXError')]),
      widget('Latency at the gateway, ms', 'p50', [
        gateway('Latency', { label: 'p50' }),
        gateway('Latency', { label: 'p99', stat: 'p99' }),
      ]),
      widget('Duration, p50, ms', 'p50', ofFunctions('Duration')),
      widget('Duration, p99, ms', 'p99', ofFunctions('Duration')),
      widget('Throttled for lack of concurrency', 'Sum', throttles),
      widget('Concurrency', 'Maximum', [
        ['AWS/Lambda', 'ConcurrentExecutions', { label: 'the whole account' }],
      ]),
      widget('Table', 'Sum', [
        ofTable('ConsumedReadCapacityUnits'),
        ofTable('ConsumedWriteCapacityUnits'),
        ofTable('ReadThrottleEvents'),
        ofTable('WriteThrottleEvents'),
      ]),
    ],
  })
}
