import { allow, type Statement } from '../../lib/aws/access.ts'
import { statementsOf } from '../../plugins/functions/permissions.ts'
import { describeService } from '../support/process/service-description.ts'

/** X-Ray has no resources to name, so its two actions take a wildcard. */
export const TRACING = allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*'])

/** Permission to write to a log group. The stack creates it. */
export const logging = (logGroupName: string) =>
  allow(
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    [
      {
        'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${logGroupName}:*:*`,
      },
    ],
  )

/** What the framework allows to the functions of `serverless.yml`, which share a role. */
export const commonLogging = (prefix: string) => {
  const groups = (suffix: string) => [
    {
      'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${prefix}*:*${suffix}`,
    },
  ]
  return [
    allow(['logs:CreateLogStream', 'logs:CreateLogGroup', 'logs:TagResource'], groups('')),
    allow(['logs:PutLogEvents'], groups(':*')),
  ]
}

/** What the permissions of a stage depend on. */
interface Stage {
  /** Logical ids of the published keys. */
  keys?: string[]
  name?: string
  /** Sender of mails. Without one there is no mailer, and no function may invoke it. */
  sender?: string | undefined
  /** Whether apps may sign users in, and providers. Otherwise functions have no rights that only these need. */
  hasApps?: boolean
  /** Whether mails may sign users in. */
  mailSignIn?: 'on' | 'off'
  /** Whether sessions are bound to devices. */
  bindsDevices?: boolean
}

const FOR_APPS = ['readClients', 'readApis', 'readGrants', 'readGrantSources', 'readApprovals', 'revokeApps']
const OF_APPS: Record<string, string[]> = {
  userinfo: FOR_APPS,
  authorizer: ['readActSources'],
  sessions: FOR_APPS,
  logout: ['readKeys', 'readClients'],
  reset: ['findIdentityIds', 'removeIdentities'],
  mailer: ['findIdentityProviders', 'readProviderNames'],
}

/** Returns what functions may do in addition to logging and tracing, from the names in `may`, with conditions evaluated. */
export function permissions(stage: Stage) {
  const { keys = [], name = 'prod', sender, hasApps = true, mailSignIn = 'on', bindsDevices = true } = stage
  const deployment = { prefix: `serverless-jwt-auth-${name}-auth`, mailFrom: sender ?? '', bindsDevices }
  const described = describeService(mailSignIn === 'on' ? {} : { mailSignIn }).functions
  return Object.fromEntries<Statement[]>(
    Object.entries(described).map(([key, { may = [], iamRoleStatements = [] }]) => {
      const without = [
        ...(sender === undefined ? ['invokeMailer'] : []),
        ...(hasApps ? [] : (OF_APPS[key] ?? [])),
      ]
      const names = may.filter((one) => !without.includes(one))
      const all = [...statementsOf(names, deployment), ...iamRoleStatements]
      return [key, all.map((one) => evaluated(one, keys))]
    }),
  )
}

/** Leaves out keys that are not published. */
const evaluated = (statement: Statement, keys: string[]): Statement => ({
  ...statement,
  Resource: statement.Resource.flatMap((one) => {
    const [, arn] = Object(one)['Fn::If'] ?? []
    if (arn === undefined) return [one]
    return keys.includes(arn['Fn::GetAtt'][0]) ? [arn] : []
  }),
})
