import type { Application } from '../../project/define-auth.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Parameters } from '../framework.d.ts'

/** Reports a policy that has no effect, or that opens the console with a password alone. */
export function faultsOfPolicy(
  { requireSecondFactor, console }: Parameters,
  { administrators, can = {} }: Pick<Application, 'administrators' | 'can'>,
  stage: string,
): string[] {
  if (console === 'on' && requireSecondFactor === 'none' && stage !== 'dev') {
    return ['console=on needs requireSecondFactor=administrators or all.']
  }
  const covered = [...administrators, ...Object.keys(can)]
  if (requireSecondFactor !== 'administrators' || covered.length > 0) return []
  return [
    `The parameter requireSecondFactor=administrators has no effect, because administrators in ${CONFIGURATION} is empty. Name the roles there, or set all or none.`,
  ]
}
