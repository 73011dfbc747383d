import { providersCommand } from '../../scripts/providers/command.ts'
import { beginInProcess } from '../support/process/command.ts'

/**
 * Runs `npm run providers` for a local service, in this process.
 *
 * @param endpoint - Of the DynamoDB.
 * @param args - Those after `providers`.
 * @param secret - Client secret on standard input.
 */
export async function runProviders(endpoint: string, args: readonly string[], secret = ''): Promise<void> {
  const { stdin, outcome } = beginInProcess(providersCommand, [...args, '--local', '--endpoint', endpoint])
  stdin.end(secret)
  const { status, stderr } = await outcome
  if (status !== 0) throw new Error(stderr)
}
