import type { CompiledResource } from '../framework.d.ts'
import { referencesIn } from './texts.ts'

/** Resources of a template by their logical ids. */
export type Resources = Record<string, CompiledResource>

/** CloudFormation shortens the two parts of a name that it makes, but never to less than this. */
const SHORTEST_PART = 20

/** Names of properties by kind: `role` and `user` of IAM. */
const NAMES = { 'AWS::IAM::Role': 'RoleName', 'AWS::IAM::User': 'UserName' } as const

const isNamed = (type: string): type is keyof typeof NAMES => Object.hasOwn(NAMES, type)

/**
 * Returns the ARNs of the roles and users that a template makes, as `aws:PrincipalArn` has them, by logical id. They name no resource:
 * roles refer to tables, so the policy of a table must not refer to roles. Where CloudFormation makes the name, the ARN is a pattern.
 *
 * A name that refers to a resource itself has no ARN here.
 */
export function arnsOfPrincipals(resources: Resources, stackName: string): Map<string, unknown> {
  const beginning = (text: string) =>
    text.length > SHORTEST_PART ? `${text.slice(0, SHORTEST_PART)}*` : text
  return new Map(
    Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
      if (!isNamed(Type)) return []
      const { Path = '/', [NAMES[Type]]: given } = Properties ?? {}
      const name = given ?? `${beginning(stackName)}-${beginning(id)}-*`
      if (refersTo(resources, [Path, name])) return []
      return [[id, ownArn(NAMES[Type] === 'RoleName' ? 'role' : 'user', Path, name)] as const]
    }),
  )
}

/** Whether a value refers to a resource of the template. Parameters and pseudo parameters depend on none. */
export const refersTo = (resources: Resources, value: unknown): boolean =>
  referencesIn(value).some((id) => Object.hasOwn(resources, id))

/** Returns an ARN of IAM in the stack's account. */
const ownArn = (kind: 'role' | 'user', path: unknown, name: unknown) => ({
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, `:${kind}`, path, name],
  ],
})

/** The root user of the account, who can always change the policy. */
export const ROOT = {
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root']],
}

/**
 * Returns the ARN of the role that a property names: of one in the template by its name, or of another one as it is written.
 * `undefined` if only a reference names the role.
 */
export function arnOfRole(resources: Resources, arns: ReadonlyMap<string, unknown>, role: unknown): unknown {
  if (typeof role === 'string') return role
  const [id, ...others] = referencesIn(role)
  const isAttribute = Object.keys(Object(role))[0] === 'Fn::GetAtt'
  if (isAttribute && id !== undefined && others.length === 0) return arns.get(id)
  return refersTo(resources, role) ? undefined : role
}

/** Returns the ARNs of roles outside the template that resources use, such as functions and state machines. */
export function rolesUsedIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) =>
    /role(arn)?$/i.test(name) && typeof one === 'string' && /^arn:[^:]*:iam::\d*:role\//.test(one)
      ? [one]
      : rolesUsedIn(one),
  )
}
