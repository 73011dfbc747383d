import { dashboardBody } from './dashboard.ts'

// Of the framework, just what is used here.
interface Service {
  service: string
  provider: { stage: string; region: string }
  custom: { tableName: string }
  functions: Record<string, { name: string }>
  resources: { Resources: Record<string, object> }
}
interface Serverless {
  service: Service
  getProvider(name: 'aws'): {
    naming: { getLogGroupLogicalId(functionKey: string): string; getApiGatewayName(): string }
  }
}

/**
 * Every event that a function logs, under its own name. Lambda's JSON log format puts the object that was logged under
 * `message`; the one pattern finds all of them, so that none can be forgotten.
 */
const EVENTS = '{ $.message.event = "*" }'

/**
 * What ends a function before it can log anything: it does not start, runs out of its time or memory, or exits. Those
 * are records of Lambda's own
 * (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html). An error that the authorizer throws
 * is none of them: `Unauthorized` is an ordinary answer there.
 */
const ABORTED =
  '{ ($.type = "platform.initRuntimeDone" && $.record.status != "success") || ' +
  '($.type = "platform.report" && ($.record.status = "timeout" || $.record.errorType = "Runtime.*")) }'

/**
 * Serverless plugin: counts what all functions log, and shows it. Whatever function `serverless.yml` has, its log group
 * gets the filters and the dashboard its lines. Alarms are in `resources/alarms.yml`.
 */
export default class ObservabilityPlugin {
  readonly hooks: { initialize: () => void }

  constructor(serverless: Serverless) {
    this.hooks = { initialize: () => observe(serverless) }
  }
}

function observe(serverless: Serverless): void {
  const { service, provider, custom, functions, resources } = serverless.service
  const { naming } = serverless.getProvider('aws')
  const namespace = `${service}-${provider.stage}`
  for (const key of Object.keys(functions)) {
    const logGroup = naming.getLogGroupLogicalId(key)
    const filter = (pattern: string, transformation: object) => ({
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        LogGroupName: { Ref: logGroup },
        FilterPattern: pattern,
        MetricTransformations: [{ MetricNamespace: namespace, MetricValue: '1', ...transformation }],
      },
    })
    resources.Resources[`${logGroup}Events`] = filter(EVENTS, {
      MetricName: 'Events',
      // A metric for each name: their number is that of the names in the code.
      Dimensions: [{ Key: 'event', Value: '$.message.event' }],
    })
    resources.Resources[`${logGroup}Aborted`] = filter(ABORTED, { MetricName: 'Aborted' })
  }
  resources.Resources.Dashboard = {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: {
      DashboardName: namespace,
      DashboardBody: dashboardBody({
        namespace,
        region: provider.region,
        stage: provider.stage,
        apiName: naming.getApiGatewayName(),
        tableName: custom.tableName,
        functionNames: Object.values(functions).map(({ name }) => name),
      }),
    },
  }
}
