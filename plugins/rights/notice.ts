import { isDeepStrictEqual } from 'node:util'
import type { Serverless } from '../framework.d.ts'
import { logGroupIds } from '../functions/logs.ts'
import { statementsFor } from '../functions/permissions.ts'
import { roleIdOf, statementsWritten } from '../functions/roles.ts'
import { ownershipOf } from '../project/ownership.ts'
import { grantedIn, type Placed, together } from './granted.ts'
import { arnsOfPrincipals, type Resources } from './principals.ts'
import { linesOfReach, type WrittenStatement } from './reach.ts'
import { targetsOf } from './targets.ts'

/**
 * Returns one line for each statement of the project that reaches what the service stores.
 *
 * @param resources - The complete template.
 * @param roles - ARNs of the roles of the service's functions.
 */
export function noticesOfRights(
  serverless: Serverless,
  resources: Resources,
  roles: readonly unknown[],
): string[] {
  const { service } = serverless
  const ids = idsOfService(serverless)
  const arns = arnsOfPrincipals(resources, serverless.getProvider('aws').naming.getStackName())
  // The tables cannot name those without an ARN.
  const exempt = Object.keys(resources).filter((id) => {
    const arn = arns.get(id)
    return arn === undefined || roles.some((one) => isDeepStrictEqual(one, arn))
  })
  const isOwn = ([id]: [string, unknown]) => ids.has(id)
  const entries = Object.entries(resources)
  const own = Object.fromEntries(entries.filter(isOwn))
  const project = Object.fromEntries(entries.filter((one) => !isOwn(one)))
  const { targets, resolve } = targetsOf(own, roles, service.provider.region, project)
  const granted = grantedIn(project, writtenIn(serverless), new Set(exempt))
  return linesOfReach([...granted, ...grantedToService(serverless)], targets, resolve)
}

/** Exists only where the service sends mails. */
const QUEUE = 'FailedMails'

/** Returns the logical ids of what the service brings: what statements may reach, and the roles of its functions. */
function idsOfService(serverless: Serverless): Set<string> {
  const { functions, resources } = ownershipOf(serverless)
  const { naming } = serverless.getProvider('aws')
  const { mailFrom } = serverless.service.custom.auth
  return new Set([
    ...[...resources].filter((id) => mailFrom !== '' || id !== QUEUE),
    ...logGroupIds(serverless).values(),
    ...[...functions].flatMap((key) => [naming.getLambdaLogicalId(key), roleIdOf(serverless, key)]),
  ])
}

const listed = (place: string, statements: unknown): Placed[] =>
  [statements ?? []]
    .flat()
    .map((statement, index) => ({ place: `${place}[${index}]`, statement: statement as WrittenStatement }))

/** Returns the statements of `serverless.yml` with their places. */
function writtenIn(serverless: Serverless): Placed[] {
  const { provider, functions } = serverless.service
  const isOld = Object(provider.iam?.role).statements === undefined
  return [
    ...listed(
      isOld ? 'provider.iamRoleStatements' : 'provider.iam.role.statements',
      statementsWritten(serverless),
    ),
    ...Object.entries(functions).flatMap(([key, { iamRoleStatements }]) =>
      listed(`functions.${key}.iamRoleStatements`, iamRoleStatements),
    ),
  ]
}

/** Returns what the project adds to its functions with `may`. The tables do not deny their roles. */
function grantedToService(serverless: Serverless) {
  const { brought, functions } = ownershipOf(serverless)
  return [...functions].flatMap((key) => {
    const { may = [] } = serverless.service.functions[key] ?? {}
    if (brought.has(key)) return []
    return together(
      listed(`functions.${key}.iamRoleStatements`, statementsFor(serverless, key).slice(may.length)),
      false,
    )
  })
}
