import { clientsCommand } from '../../scripts/clients/command.ts'
import { beginInProcess } from '../support/process/command.ts'

/**
 * Adds a client as `npm run clients -- add` does, in this process.
 *
 * @param endpoint - Of the DynamoDB.
 * @param args - Those after `add`.
 * @returns The secret that the command prints.
 */
export async function addByCommand(endpoint: string, args: readonly string[]): Promise<string> {
  const target = ['--json', '--local', '--endpoint', endpoint]
  const { stdin, outcome } = beginInProcess(clientsCommand, ['add', ...args, ...target])
  stdin.end()
  const { status, stdout, stderr } = await outcome
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout).client_secret
}
