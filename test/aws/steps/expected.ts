import { expect } from 'vitest'
import { environments } from '../../infrastructure/environments.ts'
import { permissions } from '../../infrastructure/permissions.ts'
import { SENDER } from '../stage.ts'

/** The API's own address. A test compares it with the stack's output. */
const ISSUER = expect.stringMatching(
  /^https:\/\/[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com\/[a-z]+$/,
)

/** The variables of each function, in addition to those of all. A function that is not listed may have any. */
export const ENVIRONMENT = environments('prod', ['a', 'b'], {
  TOKEN_ISSUER: ISSUER,
  GUARDED_ROUTES: 'GET/admin=admin GET/admin/=admin',
  BREACHED_PASSWORDS: 'off',
  MAIL_FROM: SENDER,
  PUBLIC_URL: 'https://app.example',
  REGISTRATION: 'open',
  MAIL_SIGN_IN: 'on',
  LIMIT_MAIL_SIGN_INS: '300/3600',
  RP_ID: 'app.example',
  RP_ORIGINS: 'https://app.example',
})

/** The actions of each function, in addition to logging and tracing. A function that is not listed has none. */
export const ACTIONS: Record<string, string[]> = Object.fromEntries(
  Object.entries(permissions({ sender: SENDER, hasApps: false, bindsDevices: false })).map(
    ([functionKey, statements]) => [
      functionKey,
      [...new Set(statements.flatMap(({ Action }) => Action))].sort(),
    ],
  ),
)

/** Types that moto's CloudFormation ignores; see docs/decisions/0036-what-the-emulator-proves.md. */
export const IGNORED = [
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Logs::MetricFilter',
  'AWS::S3::BucketPolicy',
]
