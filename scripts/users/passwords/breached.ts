import { readConfig } from '../../../lib/config.ts'
import { BREACHED_RULE, isBreached } from '../../../lib/passwords/breached.ts'
import type { Environment, Io } from '../../cli/io.ts'
import { Refusal } from '../../cli/refusal.ts'

/**
 * Returns the API that new passwords of a target are checked with, or `undefined` if they are not checked. As in the
 * service, the default is on for a stage and off for the local service.
 *
 * @param env - Environment. `BREACHED_PASSWORDS` replaces the default.
 * @throws {@link Refusal} `usage`, if the variable is invalid.
 */
export function breachesOf({ stage }: { stage?: string }, env: Environment): URL | undefined {
  const { BREACHED_PASSWORDS = stage === undefined ? 'off' : 'on' } = env
  try {
    return readConfig(['BREACHED_PASSWORDS'], { BREACHED_PASSWORDS }).BREACHED_PASSWORDS
  } catch (error) {
    throw new Refusal('usage', (error as Error).message)
  }
}

/**
 * Refuses a password that is known from a data breach. An outage lets it pass, and the operator is warned.
 *
 * @throws {@link Refusal} `refused`.
 */
export async function refuseBreached(
  password: string,
  breaches: URL | undefined,
  { stderr }: Pick<Io, 'stderr'>,
): Promise<void> {
  if (breaches === undefined) return
  const isKnown = await isBreached(password, breaches).catch(({ message }: Error) => {
    stderr.write(`The password was not checked against known data breaches: ${message}.\n`)
    return false
  })
  if (isKnown) throw new Refusal('refused', `Invalid password: ${BREACHED_RULE}`)
}
