import type { CompiledResource, Hooks, Serverless } from '../framework.d.ts'
import { roleIdOf } from '../functions/roles.ts'
import { ownershipOf } from '../project/ownership.ts'
import { rejectAny } from '../reject.ts'
import { noticesOfRights } from './notice.ts'
import { arnOfRole, arnsOfPrincipals, type Resources, refersTo, rolesUsedIn } from './principals.ts'
import { fits, type Principals, type WallStatement, wallOf } from './wall.ts'

/** Logical ids of the tables. */
const TABLES = ['Table', 'Events']

/**
 * Serverless plugin: gives both tables a policy that denies the project's roles, and with the parameter `operators` all others. It says
 * which statements of the project reach what the service stores.
 */
export default class RightsPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    // Another plugin may move resources into other stacks, the tables with their policies too.
    const complete: Resources = {}
    let principals: Principals | undefined
    const build = () => {
      const { Resources } = serverless.service.provider.compiledCloudFormationTemplate
      Object.assign(complete, Resources)
      if (TABLES.some((id) => Resources[id] === undefined)) return
      const found = principalsOf(serverless, complete)
      const statements = wallOf(found.principals)
      rejectAny([...found.faults, ...(fits(statements) ? [] : [TOO_LONG])])
      for (const id of TABLES) setWall(Resources[id], statements)
      principals = found.principals
    }
    this.hooks = {
      // The template has the roles of the project's resources and of most plugins.
      'aws:package:finalize:mergeCustomProviderResources': build,
      'before:aws:package:finalize:saveServiceState': () => {
        build()
        const lines = noticesOfRights(serverless, complete, principals?.service ?? [])
        for (const line of lines) console.error(line)
      },
    }
  }
}

const TOO_LONG =
  'The policies of the tables of serverless-jwt-auth would have over 20 KB, because they name each role. Shorten provider.iam.role.path, or let functions share roles.'

/** Adds statements to the policy of a table, in place of those of an earlier call. What the project says there stays. */
function setWall(table: CompiledResource | undefined, statements: readonly WallStatement[]): void {
  if (table === undefined) return
  const { PolicyDocument } = Object(table.Properties.ResourcePolicy)
  const own = [Object(PolicyDocument).Statement ?? []].flat().filter(({ Sid }) => !isOfWall(Sid))
  const all = [...own, ...statements]
  if (all.length === 0) delete table.Properties.ResourcePolicy
  else table.Properties.ResourcePolicy = { PolicyDocument: { Version: '2012-10-17', Statement: all } }
}

const isOfWall = (sid: unknown) => ['Project', 'Operators'].includes(String(sid))

/** Finds who may use the tables, and what is wrong with it, one sentence for each fault. */
function principalsOf(
  serverless: Serverless,
  Resources: Resources,
): { principals: Principals; faults: string[] } {
  const { service } = serverless
  const { naming } = serverless.getProvider('aws')
  const arns = arnsOfPrincipals(Resources, naming.getStackName())
  const keys = [...ownershipOf(serverless).functions].filter((key) => service.functions[key] !== undefined)
  const roles = keys.map((key) => {
    const lambda = Resources[naming.getLambdaLogicalId(key)]
    const ownId = roleIdOf(serverless, key)
    const arn = arns.get(ownId) ?? arnOfRole(Resources, arns, lambda?.Properties.Role)
    return { key, arn, lambda }
  })
  const isOfService = new Set<unknown>(roles.map(({ lambda }) => lambda))
  const ofProject = Object.values(Resources).filter((one) => !isOfService.has(one))
  return {
    principals: {
      service: distinct(roles.map(({ arn }) => arn)),
      project: distinct([
        ...arns.values(),
        ...rolesUsedIn(ofProject),
        ...importedRoles(ofProject, Resources),
      ]),
      operators: String(service.custom.auth.operators ?? '')
        .split(',')
        .filter(Boolean),
      deployers: [service.provider.iam?.deploymentRole, Object(service.provider).cfnRole].filter(Boolean),
    },
    faults: roles
      .filter(({ arn, lambda }) => lambda !== undefined && arn === undefined)
      .map(
        ({ key }) =>
          `The role of function ${key} has no name that the policy of a table can contain. Name it by its ARN, or leave role out.`,
      ),
  }
}

/** Returns the roles of functions that other stacks or parameters name. */
const importedRoles = (resources: readonly CompiledResource[], all: Resources): unknown[] =>
  resources.flatMap(({ Type, Properties }) =>
    Type === 'AWS::Lambda::Function' && typeof Properties.Role === 'object' && !refersTo(all, Properties.Role)
      ? [Properties.Role]
      : [],
  )

const distinct = (values: readonly unknown[]): unknown[] => [
  ...new Map(values.filter((one) => one !== undefined).map((one) => [JSON.stringify(one), one])).values(),
]
