import { isDeepStrictEqual } from 'node:util'
import type { CompiledResource } from '../framework.d.ts'
import { MANAGED } from './managed.ts'
import type { Resources } from './principals.ts'
import type { Granted, WrittenStatement } from './reach.ts'
import { textsOf } from './texts.ts'

/** A statement of `serverless.yml`, with its place there. */
export interface Placed {
  place: string
  statement: WrittenStatement
}

const IDENTITIES = ['AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group']
const POLICIES = [
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::RolePolicy',
  'AWS::IAM::UserPolicy',
  'AWS::IAM::GroupPolicy',
]

/** The role that the framework makes of what `provider` says. */
const COMMON = 'IamRoleLambdaExecution'

/**
 * Returns all that the project's part of a template grants: by roles, users, groups and policies.
 *
 * @param project - Resources without those of the service.
 * @param written - Statements of `serverless.yml`. A role that has one of them has its place.
 * @param exempt - Logical ids of roles that the tables do not deny, because functions of the service have them.
 */
export function grantedIn(
  project: Resources,
  written: readonly Placed[],
  exempt: ReadonlySet<string> = new Set(),
): Granted[] {
  const entries = Object.entries(project)
  const policies = entries.filter(([, { Type }]) => POLICIES.includes(Type))
  const identities = entries.filter(([, { Type }]) => IDENTITIES.includes(Type))
  const attached = new Set<string>()
  const ofIdentities = identities.flatMap(([id, identity]) => {
    const own = policies.filter(([policyId, policy]) => isAttached(id, identity, policyId, policy))
    for (const [policyId] of own) attached.add(policyId)
    const statements = [
      ...placed(id, [identity.Properties.Policies ?? []].flat().flatMap(statementsOf), written),
      ...own.flatMap(([policyId, { Properties }]) => placed(policyId, statementsOf(Properties), written)),
      ...managedOf(id, identity),
    ]
    // The tables deny roles and users, but know no members of groups.
    return together(statements, identity.Type !== 'AWS::IAM::Group' && !exempt.has(id))
  })
  const others = policies.filter(([id]) => !attached.has(id))
  return [
    ...ofIdentities,
    ...others.flatMap(([id, { Properties }]) =>
      together(placed(id, statementsOf(Properties), written), false),
    ),
  ]
}

/** Gives statements of one identity what narrows them. */
export function together(
  statements: readonly (Placed & { isManaged?: boolean })[],
  isDenied: boolean,
): Granted[] {
  const beside = statements.map(({ statement }) => statement)
  return statements.map((one) => ({ ...one, beside, isDenied }))
}

const statementsOf = (policy: unknown): WrittenStatement[] =>
  [Object(Object(policy).PolicyDocument).Statement ?? []].flat()

const placed = (id: string, statements: readonly WrittenStatement[], written: readonly Placed[]): Placed[] =>
  statements.map((statement, index) => ({
    statement,
    place:
      written.find((one) => isDeepStrictEqual(one.statement, statement))?.place ??
      `Statement ${index + 1} of ${id}`,
  }))

/** Whether a policy of the template belongs to an identity of it. */
function isAttached(
  id: string,
  identity: CompiledResource,
  policyId: string,
  { Properties }: CompiledResource,
): boolean {
  const { Roles, Users, Groups, RoleName, UserName, GroupName } = Properties
  const names = [Roles, Users, Groups, RoleName, UserName, GroupName].flat()
  const isOne = (name: string) => (one: unknown) => Object(one).Ref === name
  return names.some(isOne(id)) || managedArnsOf(identity).some(isOne(policyId))
}

const managedArnsOf = ({ Properties }: CompiledResource): unknown[] =>
  [Properties.ManagedPolicyArns ?? []].flat()

/** Returns the statements of AWS's own policies that an identity has. */
const managedOf = (id: string, identity: CompiledResource) =>
  managedArnsOf(identity).flatMap((arn) => {
    const [, name = ''] =
      /:iam::aws:policy\/(?:[^/]+\/)*([^/]+)$/.exec(textsOf(arn, () => undefined)[0] ?? '') ?? []
    const statements = Object.hasOwn(MANAGED, name) ? MANAGED[name] : []
    const owner = id === COMMON ? 'provider.iam.role' : id
    return (statements ?? []).map((statement) => ({
      place: `${name} of ${owner}`,
      statement,
      isManaged: true,
    }))
  })
