import type { AuthMembers } from '../framework.d.ts'

/** Logical id of the log group in `resources/access-logs.yml`. */
const LOG_GROUP_ID = 'AccessLogGroup'

/**
 * What API Gateway writes for each request, also for one that it refuses itself. It names no header, and the path without its query:
 * neither has a token then (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html).
 */
const FORMAT = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  address: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  responseType: '$context.error.responseType',
})

/** Returns what a stage with `accessLogs=on` has in addition to its other members. */
export function accessLogOf({ accessLogs, logGroup }: Pick<AuthMembers, 'accessLogs' | 'logGroup'>) {
  if (accessLogs !== 'on') return { properties: {} }
  // The framework gives the log group of `provider.logs.restApi` the name without the last word.
  const name = `${logGroup.replace('/aws/lambda/', '/aws/api-gateway/')}-access`
  const DestinationArn = {
    'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}`,
  }
  return { properties: { AccessLogSetting: { DestinationArn, Format: FORMAT } }, DependsOn: [LOG_GROUP_ID] }
}
