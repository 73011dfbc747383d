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

/** The property of a stage that logs each request to `AccessLogGroup`, if that exists (`plugins/resources/access-logs.yml`). */
export const ACCESS_LOG_SETTING = {
  'Fn::If': [
    'LogsAccess',
    {
      DestinationArn: {
        // `GetAtt` ends with `:*`, which API Gateway refuses.
        'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${AccessLogGroup}`,
      },
      Format: FORMAT,
    },
    { Ref: 'AWS::NoValue' },
  ],
}
