import type { Statement } from '../../lib/aws/access.ts'
import type { CompiledResource, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'

/** The role that the framework makes for all functions together. */
const COMMON = 'IamRoleLambdaExecution'

/** IAM's limit for names of roles. */
const MAX_NAME = 64

/**
 * Serverless plugin: gives each function a role of its own, with the statements of the function, those of
 * `provider.iam.role`, and the permission to log. A function that names a `role` keeps it.
 */
export default class RolesPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    serverless.configSchemaHandler.defineFunctionProperties('aws', {
      properties: { iamRoleStatements: { $ref: '#/definitions/awsIamPolicyStatements' } },
    })
    this.hooks = { 'before:package:finalize': () => giveRoles(serverless) }
  }
}

function giveRoles(serverless: Serverless): void {
  const { service } = serverless
  const { naming } = serverless.getProvider('aws')
  const { Resources } = service.provider.compiledCloudFormationTemplate
  const common = Resources[COMMON]
  if (common === undefined) return
  for (const [key, definition] of Object.entries(service.functions)) {
    const lambda = Resources[naming.getLambdaLogicalId(key)]
    if (lambda === undefined || definition.role !== undefined) continue
    const id = `${naming.getNormalizedFunctionName(key)}${COMMON}`
    Resources[id] = roleOf(serverless, key, definition, common)
    lambda.Properties.Role = { 'Fn::GetAtt': [id, 'Arn'] }
    lambda.DependsOn = [id, ...(lambda.DependsOn ?? []).filter((other) => other !== COMMON)]
  }
  if (!JSON.stringify(Object.values(Resources)).includes(`"${COMMON}"`)) delete Resources[COMMON]
}

function roleOf(
  serverless: Serverless,
  key: string,
  definition: FunctionDefinition,
  common: CompiledResource,
): CompiledResource {
  const { service, provider } = serverless.service
  const role = structuredClone(common)
  const [policy] = role.Properties.Policies as [{ PolicyDocument: { Statement: Statement[] } }]
  const all = policy.PolicyDocument.Statement
  const logGroup = serverless.getProvider('aws').naming.getLogGroupName(definition.name)
  policy.PolicyDocument.Statement = [
    {
      Effect: 'Allow',
      // The stack makes the log group.
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [
        {
          'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${logGroup}:*:*`,
        },
      ],
    },
    ...(isPolling(definition) ? all.filter(({ Action }) => POLLS.test(String([Action].flat()[0]))) : []),
    ...(provider.iam.role.statements ?? []),
    ...(definition.iamRoleStatements ?? []),
  ] as Statement[]
  if (!definition.vpc && !provider.vpc) delete role.Properties.ManagedPolicyArns
  role.Properties.RoleName = { 'Fn::Join': ['-', nameOf([service, provider.stage, key], provider.region)] }
  return role
}

/** The permissions that the framework adds for queues and streams. */
const POLLS = /^(sqs|dynamodb|kinesis|kafka\w*):/

const isPolling = ({ events = [] }: FunctionDefinition) =>
  events.some((event) => ['sqs', 'stream', 'msk', 'kafka'].some((type) => type in event))

/** Returns the parts of a role's name. The last one is left out where the name would be too long. */
function nameOf(first: readonly string[], region: string): (string | object)[] {
  const parts = [...first, { Ref: 'AWS::Region' }]
  const length = [...first, region, 'lambdaRole'].join('-').length
  return length > MAX_NAME ? parts : [...parts, 'lambdaRole']
}
