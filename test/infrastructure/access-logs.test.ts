import { expect, test } from 'vitest'
import { packageChangedProd, packageDev, packageProd } from './packaged.ts'

test('with accessLogs=on, the stage logs address, time, path and status of each request for 30 days', async () => {
  const { resources } = await packageChangedProd()
  const name = '/aws/api-gateway/serverless-jwt-auth-prod-auth-access'
  expect(resources.AccessLogGroup?.Properties).toEqual({ LogGroupName: name, RetentionInDays: 30 })
  const { Properties } = resources.ApiGatewayStage ?? {}
  const { DestinationArn, Format } = Object(Properties?.AccessLogSetting)
  expect(DestinationArn).toEqual({
    'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${AccessLogGroup}`,
  })
  // One line, and no variable that has a query, a header or a claim of a token.
  expect(Format).not.toContain('\n')
  expect(JSON.parse(Format)).toEqual({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    address: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    path: '$context.path',
    status: '$context.status',
    responseType: '$context.error.responseType',
  })
})

test('without accessLogs the stage logs no request', async () => {
  for (const { resources } of [await packageProd(), await packageDev()]) {
    expect(resources.AccessLogGroup).toBeUndefined()
    expect(resources.ApiGatewayStage?.Properties).not.toHaveProperty('AccessLogSetting')
  }
})
