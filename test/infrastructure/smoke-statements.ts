import type { Statement } from '../../lib/aws/access.ts'
import type { ServiceDescription } from '../support/process/service-description.ts'
import { permissions } from './permissions.ts'

/** A statement of the role of a function, and the name of its permission. */
export interface RoleStatement {
  functionKey: string
  name: string
  statement: Statement
}

/**
 * Returns the statements of all roles of a service that publishes both keys, without those for logs and
 * traces.
 */
export function statementsByRole(service: ServiceDescription): RoleStatement[] {
  const { mailer } = service.functions
  const roles = permissions({
    keys: ['KeyA', 'KeyB'],
    name: service.provider.stage,
    sender: String(mailer?.environment?.MAIL_FROM),
  })
  return Object.entries(roles).flatMap(([functionKey, statements]) =>
    statements.map((statement, index) => ({
      functionKey,
      name: String(service.functions[functionKey]?.may?.[index]),
      statement,
    })),
  )
}
