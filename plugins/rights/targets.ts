import type { CompiledResource } from '../framework.d.ts'
import type { Kind } from './capabilities.ts'
import type { Resources } from './principals.ts'
import { ACCOUNT, type Target } from './reach.ts'
import { type Resolve, textsOf } from './texts.ts'

/** A part of an ARN that only AWS knows, so that only wildcards match it. */
const ID = '\u0002'

/** How a resource of the service is referred to, and what statements match. */
interface Known {
  ref: string
  arn: string
  targets: Target[]
}

type Reader = (id: string, name: string, own: (service: string, rest: string) => string) => Known

/** By type. The name is the property of it that has the name of the resource. */
const TYPES: Record<string, [property: string, Reader]> = {
  'AWS::DynamoDB::Table': [
    'TableName',
    (id, name, own) => {
      const arn = own('dynamodb', `table/${name}`)
      const isEvents = id === 'Events'
      const arns = ['byUsername', 'byEmail'].map((index) => `${arn}/index/${index}`)
      const indexes = isEvents ? [] : [{ kind: 'index' as const, arns }]
      const targets = [{ kind: isEvents ? 'events' : 'table', arns: [arn] } as Target, ...indexes]
      return { ref: name, arn, targets: [...targets, { kind: 'backup', arns: [`${arn}/backup/${ID}`] }] }
    },
  ],
  'AWS::KMS::Key': [
    '',
    (id, _, own) =>
      one(`${ID}${id}`, id === 'FactorKey' ? 'factors' : 'signing', own('kms', `key/${ID}${id}`)),
  ],
  'AWS::KMS::Alias': ['AliasName', (_, name, own) => one(name, 'alias', own('kms', name))],
  'AWS::SQS::Queue': ['QueueName', (_, name, own) => one(name, 'queue', own('sqs', name))],
  'AWS::Lambda::Function': [
    'FunctionName',
    (_, name, own) => one(name, 'function', own('lambda', `function:${name}`)),
  ],
  'AWS::Logs::LogGroup': [
    'LogGroupName',
    (_, name, own) => {
      const arn = own('logs', `log-group:${name}`)
      // A statement may name the group, all in it, or streams.
      return {
        ref: name,
        arn: `${arn}:*`,
        targets: [{ kind: 'logs', arns: [arn, `${arn}:${ID}`, `${arn}:log-stream:${ID}`] }],
      }
    },
  ],
}

const one = (ref: string, kind: Kind, arn: string): Known => ({ ref, arn, targets: [{ kind, arns: [arn] }] })

/**
 * Returns what statements of the project may reach, and a reader of references of the template.
 *
 * @param own - Resources of the service by their logical ids.
 * @param roles - Of the functions of the service, as `aws:PrincipalArn` has them.
 * @param project - The other resources. A pattern may begin with the name of one, which may begin a name of the service.
 */
export function targetsOf(
  own: Resources,
  roles: readonly unknown[],
  region: string,
  project: Resources = {},
): { targets: Target[]; resolve: Resolve } {
  const knownIn = (resources: Resources) =>
    Object.entries(resources).flatMap(([id, resource]) => knownOf(id, resource, region))
  const known = new Map(knownIn(own))
  // A name that CloudFormation fills in or makes would match more than the resource.
  const isWritten = ([, { ref }]: [string, Known]) => !['*', ID].some((one) => ref.includes(one))
  const ofProject = new Map(knownIn(project).filter(isWritten))
  const resolve: Resolve = (id, attribute) => {
    const isNamed = attribute === undefined || attribute === 'Arn'
    const found = known.get(id) ?? (isNamed ? ofProject.get(id) : undefined)
    return found?.[attribute === undefined ? 'ref' : 'arn']
  }
  const ofRoles = roles
    .flatMap((role) => textsOf(role, resolve))
    .map((arn) => arn.replace(/^arn:[^:]*:iam::[^:]*:/, `arn:aws:iam::${ACCOUNT}:`))
  const targets = [...known.values()].flatMap((one) => one.targets)
  return { targets: [...targets, { kind: 'role', arns: ofRoles }], resolve }
}

function knownOf(id: string, { Type, Properties }: CompiledResource, region: string): [string, Known][] {
  const [property, read] = TYPES[Type] ?? []
  if (property === undefined || read === undefined) return []
  // A queue of a project may have no properties.
  const [name = ID] = textsOf(Object(Properties)[property] ?? ID, () => undefined)
  return [[id, read(id, name, (service, rest) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`)]]
}
