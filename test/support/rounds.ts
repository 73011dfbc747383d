import type { AwsCall } from '../../lib/aws/client.ts'
import type { Key } from '../../lib/aws/dynamodb.ts'

interface Round {
  calls: string[]
  results: Promise<unknown>[]
  /** Settles when every call of the round has been made. */
  isComplete: Promise<void>
}

/**
 * Records calls to AWS in rounds. The calls of a round are all made before one of them is sent, and none
 * returns before all of them have ended. So their number is the number of times that a caller waits.
 *
 * @returns The caller, and the calls of each round in alphabetical order; see {@link nameOf}.
 */
export function inRounds(call: AwsCall): { aws: AwsCall; rounds: () => string[][] } {
  const rounds: Round[] = []
  let open: Round | undefined
  const aws: AwsCall = async (service, operation, input) => {
    if (open === undefined) {
      const isComplete = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        open = undefined
      })
      open = { calls: [], results: [], isComplete }
      rounds.push(open)
    }
    const round = open
    round.calls.push(nameOf(operation, input))
    const result = round.isComplete.then(() => call(service, operation, input))
    round.results.push(result)
    await round.isComplete
    await Promise.allSettled(round.results)
    return result
  }
  return { aws, rounds: () => rounds.map(({ calls }) => calls.toSorted()) }
}

/** Returns an operation with the first word of its update and its keys, such as `UpdateItem ADD name#ada attempts#0`. */
function nameOf(operation: string, input: object): string {
  const { Key, Item, UpdateExpression, RequestItems } = input as {
    Key?: Key
    Item?: Key
    UpdateExpression?: string
    RequestItems?: Record<string, { Keys: Key[] }>
  }
  const keys = Object.values(RequestItems ?? {}).flatMap(({ Keys }) => Keys)
  const all = [...keys, ...(Key ? [Key] : []), ...(Item ? [Item] : [])]
  const update = UpdateExpression === undefined ? [] : UpdateExpression.split(' ', 1)
  return [operation, ...update, all.map(({ pk, sk }) => `${pk.S} ${sk.S}`).join(', ')].join(' ').trim()
}

type Client = typeof import('../../lib/aws/client.ts')

/** What a test puts around the AWS caller of each request. */
export const edge: { around: (aws: AwsCall) => AwsCall } = { around: (aws) => aws }

/**
 * Returns the AWS client with {@link edge} around it.
 *
 * @example
 * vi.mock('../../lib/aws/client.ts', async (original) =>
 *   (await import('./rounds.ts')).withEdge(await original()),
 * )
 */
export const withEdge = (client: Client): Client => ({
  ...client,
  within: (deadlineMs) => edge.around(client.within(deadlineMs)),
})
