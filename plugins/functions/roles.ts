import type { Statement } from '../../lib/aws/access.ts'
import type { CompiledResource, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { reject } from '../reject.ts'

/** The role that the framework makes for all functions together. */
const COMMON = 'IamRoleLambdaExecution'

/** IAM's limit for names of roles. */
const MAX_NAME = 64

/**
 * Serverless plugin: gives each function a role of its own: with the permission to log, the statements of `provider.iam.role` and those of
 * the function, and what the framework adds for its queues, streams, topics and keys. A function that names a `role` of IAM keeps it.
 */
export default class RolesPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    serverless.configSchemaHandler.defineFunctionProperties('aws', {
      properties: { iamRoleStatements: { $ref: '#/definitions/awsIamPolicyStatements' } },
    })
    this.hooks = {
      initialize: () => {
        const faults = faultsOfRoles(serverless)
        if (faults.length > 0) reject(...faults)
      },
      'before:package:finalize': () => giveRoles(serverless),
    }
  }
}

function faultsOfRoles({ service: { service, provider, functions } }: Serverless): string[] {
  const { role } = provider.iam
  if (typeof role !== 'object' || Object.keys(role).some((name) => /^(Fn::|Ref$)/.test(name))) {
    return ['provider.iam.role cannot name a role, because each function has its own. Give it statements.']
  }
  return Object.keys(functions)
    .map((key) => [key, [service, provider.stage, key, provider.region].join('-')] as const)
    .filter(([, name]) => name.length > MAX_NAME)
    .map(
      ([key, name]) =>
        `The role of function ${key} would be named ${name}, and IAM takes ${MAX_NAME} characters.`,
    )
}

function giveRoles(serverless: Serverless): void {
  const { service } = serverless
  const { naming } = serverless.getProvider('aws')
  const { Resources } = service.provider.compiledCloudFormationTemplate
  const common = Resources[COMMON]
  if (common === undefined) return
  const roles: Record<string, string> = {}
  for (const [key, definition] of Object.entries(service.functions)) {
    const lambdaId = naming.getLambdaLogicalId(key)
    const lambda = Resources[lambdaId]
    if (lambda === undefined || (definition.role ?? undefined) !== undefined) continue
    const id = `${naming.getNormalizedFunctionName(key)}${COMMON}`
    roles[lambdaId] = id
    Resources[id] = roleOf(serverless, key, definition, common)
    lambda.Properties.Role = { 'Fn::GetAtt': [id, 'Arn'] }
    lambda.DependsOn = [id, ...(lambda.DependsOn ?? []).filter((other) => other !== COMMON)]
  }
  // A queue or stream waits for the role of its function.
  for (const resource of Object.values(Resources).filter(({ DependsOn }) => DependsOn?.includes(COMMON))) {
    const [lambdaId = ''] = Object(resource.Properties.FunctionName)['Fn::GetAtt'] ?? []
    const waitsFor = [resource.DependsOn ?? []].flat()
    resource.DependsOn = waitsFor.map((one) => (one === COMMON ? (roles[lambdaId] ?? COMMON) : one))
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
    ...statementsOf(definition, policy.PolicyDocument.Statement),
    ...(provider.iam.role.statements ?? []),
    ...(definition.iamRoleStatements ?? []),
  ] as Statement[]
  const managed = managedPoliciesOf(role, (definition.vpc ?? provider.vpc) !== undefined)
  if (managed.length > 0) role.Properties.ManagedPolicyArns = managed
  else delete role.Properties.ManagedPolicyArns
  role.Properties.RoleName = { 'Fn::Join': ['-', nameOf([service, provider.stage, key], provider.region)] }
  return role
}

/** Returns what the framework adds for a function's own queues, streams, topics and keys, without those of other functions. */
export function statementsOf(definition: FunctionDefinition, all: readonly Statement[]): Statement[] {
  const { events = [], onError, kmsKeyArn } = definition
  const named = JSON.stringify([events, onError, kmsKeyArn])
  return all
    .map((statement) => ({
      ...statement,
      Resource: [statement.Resource]
        .flat()
        .filter((one) => one !== '*' && named.includes(JSON.stringify(one))),
    }))
    .filter(({ Resource }) => Resource.length > 0)
}

/** The framework adds one managed policy for functions in a network, and those of `provider.iam.role`. */
function managedPoliciesOf({ Properties }: CompiledResource, isInNetwork: boolean): unknown[] {
  const all = (Properties.ManagedPolicyArns ?? []) as unknown[]
  return isInNetwork
    ? all.filter((arn) => JSON.stringify(arn).includes('AWSLambdaVPCAccessExecutionRole'))
    : []
}

/** Returns the parts of a role's name. The last one is left out where the name would be too long. */
function nameOf(first: readonly string[], region: string): (string | object)[] {
  const parts = [...first, { Ref: 'AWS::Region' }]
  const length = [...first, region, 'lambdaRole'].join('-').length
  return length > MAX_NAME ? parts : [...parts, 'lambdaRole']
}
