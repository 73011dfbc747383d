import type { Application } from '../../project/define-auth.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Parameters } from '../framework.d.ts'

/** Reports a policy that has no effect. */
export function faultsOfPolicy(
  { requireSecondFactor }: Parameters,
  { administrators }: Pick<Application, 'administrators'>,
): string[] {
  if (requireSecondFactor !== 'administrators' || administrators.length > 0) return []
  return [
    `The parameter requireSecondFactor=administrators has no effect, because administrators in ${CONFIGURATION} is empty. Name the roles there, or set all or none.`,
  ]
}
