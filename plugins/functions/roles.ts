import { createHash } from 'node:crypto'
import type { Statement } from '../../lib/aws/access.ts'
import type { CompiledResource, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { ownershipOf } from '../project/ownership.ts'
import { statementsFor } from './permissions.ts'
import { sourcesOf, statementsOf, withoutOwn } from './statements.ts'

/** The role that the framework makes for all functions of the project together. */
const COMMON = 'IamRoleLambdaExecution'

/** IAM's limit for names of roles. */
const MAX_NAME = 64

/** Keeps the shortened names of two functions apart. */
const HASH_CHARACTERS = 8

/** X-Ray has no resources, so only * is possible. */
const TRACE: Statement = {
  Effect: 'Allow',
  Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  Resource: ['*'],
}

/**
 * Serverless plugin: gives each function of the service a role. The role may log and trace. It has the
 * function's statements, and what the framework adds for its queues, streams, topics and keys. A function
 * that names a `role` of IAM keeps it.
 *
 * A function of the project with `iamRoleStatements` gets the same, with the statements of `provider.iam.role`, unless another plugin
 * reads that property.
 */
export default class RolesPlugin {
  readonly hooks: Hooks
  private readonly serverless: Serverless
  private isForeign = false
  /** Whether the common role is only there for the framework to add statements to. */
  private isScratch = false

  constructor(serverless: Serverless) {
    this.serverless = serverless
    this.hooks = {
      'before:package:setupProviderConfiguration': () => this.nameRoles(),
      'after:package:setupProviderConfiguration': () => this.addScratch(),
      'before:package:finalize': () => this.giveRoles(),
    }
  }

  /** The framework accepts one definition of a property. All plugins have been constructed. */
  async asyncInit(): Promise<void> {
    try {
      this.serverless.configSchemaHandler.defineFunctionProperties('aws', {
        properties: { iamRoleStatements: { $ref: '#/definitions/awsIamPolicyStatements' } },
      })
    } catch (error) {
      if (Object(error).code !== 'SCHEMA_COLLISION') throw error
      this.isForeign = true
    }
  }

  /** Returns the functions that get a role. */
  private functions(): [key: string, FunctionDefinition][] {
    const keys = ownershipOf(this.serverless).functions
    return Object.entries(this.serverless.service.functions).filter(
      ([key, { iamRoleStatements, role }]) =>
        (keys.has(key) || (!this.isForeign && iamRoleStatements !== undefined)) &&
        (role === undefined || role === null || role === roleIdOf(this.serverless, key)),
    )
  }

  /** Names the roles, so that the framework refers to them. */
  private nameRoles(): void {
    const keys = ownershipOf(this.serverless).functions
    for (const [key, definition] of this.functions()) {
      definition.role = roleIdOf(this.serverless, key)
      // Another plugin that reads them would make a role too.
      if (keys.has(key)) delete definition.iamRoleStatements
    }
  }

  /** The framework adds statements for events to the common role, if there is one. */
  private addScratch(): void {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate
    const isNeeded = this.functions().some(([, one]) => sourcesOf(one).length > 0)
    if (Resources[COMMON] !== undefined || !isNeeded) return
    this.isScratch = true
    Resources[COMMON] = emptyRole(this.serverless, [])
  }

  private giveRoles(): void {
    const { serverless } = this
    const { Resources } = serverless.service.provider.compiledCloudFormationTemplate
    const common = statementsIn(Resources[COMMON])
    const own = this.functions()
    for (const [key, definition] of own) {
      Resources[roleIdOf(serverless, key)] = roleOf(serverless, key, definition, common)
    }
    const others = Object.entries(serverless.service.functions).filter(
      ([key]) => !own.some(([one]) => one === key),
    )
    const written = statementsWritten(serverless)
    const left = common.flatMap((statement) =>
      written.includes(statement)
        ? [statement]
        : withoutOwn(
            [statement],
            own.map(([, one]) => one),
            others.map(([, one]) => one),
          ),
    )
    if (this.isScratch) delete Resources[COMMON]
    else common.splice(0, common.length, ...left)
  }
}

/** Returns the statements of `serverless.yml` for all functions. */
export const statementsWritten = ({ service: { provider } }: Serverless): Statement[] =>
  Object(provider.iam?.role).statements ?? provider.iamRoleStatements ?? []

/** Returns the logical id of the role of a function. */
export const roleIdOf = (serverless: Serverless, key: string): string =>
  `${serverless.getProvider('aws').naming.getNormalizedFunctionName(key)}${COMMON}`

/** Returns the statements of a compiled role: the list itself. */
const statementsIn = (role: CompiledResource | undefined): Statement[] =>
  (role?.Properties.Policies as [{ PolicyDocument: { Statement: Statement[] } }])?.[0].PolicyDocument
    .Statement ?? []

/**
 * Returns a role that may do nothing, with what an account may demand of each role.
 *
 * @param beginning - Of the name of its policy.
 */
function emptyRole(serverless: Serverless, beginning: readonly string[]): CompiledResource {
  const { provider } = serverless.service
  const { naming } = serverless.getProvider('aws')
  const { permissionsBoundary, permissionBoundary, tags } = Object(provider.iam?.role)
  const boundary = permissionsBoundary ?? permissionBoundary ?? provider.rolePermissionsBoundary
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] },
        ],
      },
      Policies: [
        {
          PolicyName: { 'Fn::Join': ['-', [...beginning, 'lambda']] },
          PolicyDocument: { Version: '2012-10-17', Statement: [] },
        },
      ],
      Path: naming.getRolePath(),
      ...(boundary !== undefined && { PermissionsBoundary: boundary }),
      ...(tags && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    },
  }
}

/** Returns what the name of a function's role begins with, in parts. */
function beginningOf(serverless: Serverless, key: string): string[] {
  const { service, provider, custom } = serverless.service
  return ownershipOf(serverless).brought.has(key) ? [custom.auth.prefix] : [service, provider.stage]
}

function roleOf(
  serverless: Serverless,
  key: string,
  definition: FunctionDefinition,
  common: readonly Statement[],
): CompiledResource {
  const { provider } = serverless.service
  const { naming } = serverless.getProvider('aws')
  const isOfService = ownershipOf(serverless).functions.has(key)
  const lambda = provider.compiledCloudFormationTemplate.Resources[naming.getLambdaLogicalId(key)]
  const isTraced = lambda?.Properties.TracingConfig !== undefined
  const beginning = beginningOf(serverless, key)
  const role = emptyRole(serverless, beginning)
  const logGroup = naming.getLogGroupName(definition.name)
  statementsIn(role).push(
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
    ...statementsOf(definition, common),
    ...(isTraced ? [TRACE] : []),
    ...(isOfService
      ? statementsFor(serverless, key)
      : [...statementsWritten(serverless), ...((definition.iamRoleStatements ?? []) as Statement[])]),
  )
  const vpc = isOfService ? definition.vpc : { ...provider.vpc, ...definition.vpc }
  if (Object.keys(vpc ?? {}).length > 0) role.Properties.ManagedPolicyArns = [NETWORK]
  role.Properties.RoleName = { 'Fn::Join': ['-', nameOf([...beginning, key], provider.region)] }
  return role
}

/** The policy that the framework adds for functions in a network. */
const NETWORK = {
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole'],
  ],
}

/**
 * Returns the parts of a role's name. The last one is left out where the name would be too long. Then the first ones are shortened: the
 * policies of the tables name each role (plugins/rights/wall.ts), so CloudFormation must not choose a name.
 */
export function nameOf(first: readonly string[], region: string): (string | object)[] {
  const begun = first.join('-')
  const room = MAX_NAME - region.length - 1
  if (begun.length > room) {
    const hash = createHash('sha256').update(begun).digest('hex').slice(0, HASH_CHARACTERS)
    return [begun.slice(0, room - HASH_CHARACTERS - 1), hash, { Ref: 'AWS::Region' }]
  }
  const parts = [...first, { Ref: 'AWS::Region' }]
  return begun.length + '-lambdaRole'.length > room ? parts : [...parts, 'lambdaRole']
}
