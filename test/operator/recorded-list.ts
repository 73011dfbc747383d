import { PassThrough } from 'node:stream'
import type { AwsCall } from '../../lib/aws/client.ts'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { type ListOptions, list } from '../../scripts/users/list/list.ts'
import { beginInProcess } from '../support/process/command.ts'

/** Runs `list` on a table, and records its calls and counts the rounds in which it makes them. */
export function recordedList(table: Table) {
  const calls: string[] = []
  let [rounds, open] = [0, 0]
  const aws: AwsCall = async (service, operation, input) => {
    calls.push(operation)
    if (open === 0) rounds += 1
    open += 1
    try {
      return await table.aws(service, operation, input)
    } finally {
      open -= 1
    }
  }
  const run = async (options: Partial<ListOptions>) => {
    const { io } = beginInProcess(usersCommand, ['--help'])
    const stdout = new PassThrough()
    await list({ ...table, aws }, { filter: [], json: true, ...options }, { ...io, stdout })
    return JSON.parse(String(stdout.read()))
  }
  return { calls, run, rounds: () => rounds }
}
