import { runSimulation } from '@cloud-copilot/iam-simulate'

/** The account, region and partition of a stack, for what a template leaves to CloudFormation. */
export const ACCOUNT = '123456789012'
const FILLED: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': 'eu-central-1',
  'AWS::Partition': 'aws',
}

/** Returns an ARN in the stack's account and region. */
export const arnIn = (service: string, name: string) => `arn:aws:${service}:eu-central-1:${ACCOUNT}:${name}`

/** Returns the ARN of a role of the account. */
export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`

/** A request of AWS, as policies see it. */
export interface Asked {
  /** ARN of the role, user or root. */
  principal: string
  action: string
  resource: string
  context?: Record<string, string | string[]>
}

/**
 * Decides on a request as IAM does, by a program of others: the statements of the identity, and the policy of the resource.
 *
 * @param granted - Statements of the identity.
 * @param policy - Statements of the resource, functions of CloudFormation resolved.
 */
export async function judge(
  { principal, action, resource, context = {} }: Asked,
  granted: readonly unknown[],
  policy: readonly unknown[] = [],
): Promise<string> {
  const verdict = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': principal, ...context },
      },
      identityPolicies: [{ name: 'own', policy: { Version: '2012-10-17', Statement: granted } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(policy.length > 0 && { resourcePolicy: { Version: '2012-10-17', Statement: policy } }),
    },
    {},
  )
  if (verdict.resultType === 'error') throw new Error(JSON.stringify(verdict.errors))
  return verdict.overallResult
}

/** Replaces the functions of CloudFormation by what they have in the stack. References are the caller's. */
export function resolved(node: unknown, referenceOf: (id: string) => string = String): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((one) => resolved(one, referenceOf))
  const [[name = '', value] = []] = Object.entries(node)
  if (name === 'Ref') return FILLED[String(value)] ?? referenceOf(String(value))
  if (name === 'Fn::GetAtt') return referenceOf(String((value as string[])[0]))
  if (name === 'Fn::If') return resolved((value as unknown[])[1], referenceOf)
  if (name === 'Fn::Join') {
    const [separator, parts] = value as [string, unknown[]]
    return parts.map((part) => resolved(part, referenceOf)).join(separator)
  }
  if (name === 'Fn::Sub')
    return String(value).replace(/\$\{([^}]+)\}/g, (_, id) => FILLED[id] ?? referenceOf(id))
  return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, resolved(one, referenceOf)]))
}
