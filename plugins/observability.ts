import { readFileSync } from 'node:fs'
import { dashboardBody } from './dashboard.ts'
import type { Hooks, Resource, Serverless, Service } from './framework.d.ts'
import { bindsDevices, withoutDevices } from './functions/devices.ts'
import { logGroupIds } from './functions/logs.ts'
import { serviceFunctions } from './project/ownership.ts'

/**
 * Matches every event that a function logs. Lambda's JSON log format puts the logged object under `message`. One pattern
 * matches all events, so that a new event is counted without an edit.
 */
const EVENTS = '$.message.event = "*"'

/**
 * Matches records of Lambda's own about a function that ended before it could log: it did not start, ran out of time or
 * memory, or its process exited
 * (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html). An error that the authorizer throws
 * does not match: `Unauthorized` is one of its ordinary results.
 */
const ABORTED =
  '($.type = "platform.initRuntimeDone" && $.record.status != "success") || ' +
  '($.type = "platform.report" && ($.record.status = "timeout" || $.record.errorType = "Runtime.*"))'

/**
 * Matches failures of the authorizer. Lambda's own count of errors cannot serve for this, because the authorizer also
 * throws `Unauthorized`.
 */
const AUTHORIZER_FAILED = `$.message.event = "dependency.failed" || $.message.event = "request.crashed" || ${ABORTED}`

/**
 * Matches requests that a copy of a session may have made. Other reasons are a browser's own, which could not renew the cookie: a user who
 * tries again and again would raise the alarm.
 */
const COPIED =
  '$.message.event = "session.unbound" && ($.message.reason = "missing" || $.message.reason = "invalid")'

/**
 * Serverless plugin: counts what functions log, and shows it on a dashboard. Each log group gets metric filters, and each function its
 * lines on the dashboard. Without federation, it removes the alarm on providers, without devices that on sessions without theirs, and without the console those on administrators. The alarms are in `plugins/resources/alarms.yml` and `plugins/resources/mail.yml`. `monitoring=off` removes all of these.
 */
export default class ObservabilityPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    this.hooks = {
      initialize: () => {
        const { service } = serverless
        const { Resources } = service.resources
        if (service.custom.auth.federation !== 'on') delete Resources.ProviderFailuresAlarm
        if (!bindsDevices(service.custom.auth)) delete Resources.SessionUnboundAlarm
        if (service.custom.auth.console !== 'on') {
          delete Resources.AdminLimitedAlarm
          delete Resources.PermissionsGivenAlarm
        }
        if (service.custom.auth.monitoring === 'on') {
          observe(serverless)
          notify(service)
        } else removeAlarms(service)
      },
    }
  }
}

/** Returns the logical ids of the service's alarms. Not those of a user. */
const alarmIds = (): string[] =>
  ['alarms.yml', 'mail.yml', 'event-bus.yml'].flatMap((file) => {
    const text = readFileSync(new URL(`./resources/${file}`, import.meta.url), 'utf8')
    return [...text.matchAll(/^ {2}(\w+Alarm):$/gm)].map(([, id = '']) => id)
  })

function removeAlarms({ resources }: Service): void {
  for (const id of alarmIds()) delete resources.Resources[id]
}

/**
 * Lets the alarms notify the topic. CloudFormation has conditions for this, but reads both of their branches.
 * In a package without a topic, one branch would have an empty ARN, which the schema of an alarm rejects.
 */
function notify({ resources, custom }: Service): void {
  const { alarmTopicArn: topic } = custom.auth
  if (topic === '') return
  for (const id of alarmIds()) {
    Object.assign(resources.Resources[id]?.Properties ?? {}, { AlarmActions: [topic], OKActions: [topic] })
  }
}

function observe(serverless: Serverless): void {
  const { custom, resources } = serverless.service
  const { prefix: namespace } = custom.auth
  const filter = (logGroup: string, pattern: string, transformation: object) => ({
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      LogGroupName: { Ref: logGroup },
      FilterPattern: `{ ${pattern} }`,
      MetricTransformations: [{ MetricNamespace: namespace, MetricValue: '1', ...transformation }],
    },
  })
  for (const logGroup of logGroupIds(serverless).values()) {
    resources.Resources[`${logGroup}Events`] = filter(logGroup, EVENTS, {
      MetricName: 'Events',
      // One metric for each name of an event. Only the code names events, so the number of metrics is limited.
      Dimensions: [{ Key: 'event', Value: '$.message.event' }],
    })
    resources.Resources[`${logGroup}Aborted`] = filter(logGroup, ABORTED, { MetricName: 'Aborted' })
    if (!bindsDevices(custom.auth)) continue
    resources.Resources[`${logGroup}CopiedSessions`] = filter(logGroup, COPIED, {
      MetricName: 'CopiedSessions',
    })
  }
  resources.Resources.AuthorizerFailuresFilter = filter(
    serverless.getProvider('aws').naming.getLogGroupLogicalId('authorizer'),
    AUTHORIZER_FAILED,
    { MetricName: 'AuthorizerFailures' },
  )
  resources.Resources.Dashboard = dashboardOf(serverless, namespace)
}

function dashboardOf(serverless: Serverless, namespace: string): Resource {
  const { provider, custom } = serverless.service
  return {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: {
      DashboardName: namespace,
      DashboardBody: dashboardBody({
        namespace,
        region: provider.region,
        stage: provider.stage,
        apiName: serverless.getProvider('aws').naming.getApiGatewayName(),
        tableName: custom.auth.tableName,
        // Pages, the metadata and the API description call nothing of AWS. What `fetch-client` takes, `approve` takes too, and
        // what `drain` takes, `login`. The time of sign-ins with other providers is that of the providers,
        // and events and devices have an alarm. Few people use the console, or have no password to confirm a change with.
        functionNames: Object.values(serviceFunctions(serverless))
          .filter(
            ({ handler }) =>
              !/^functions\/(pages\/|service\/(metadata|openapi)\.|oauth\/fetch-client\.|proof\/|federation\/|admin\/|events\/|drain\/drain\.|devices\/device\.)/.test(
                withoutDevices(handler),
              ),
          )
          .map(({ name }) => name),
      }),
    },
  }
}
