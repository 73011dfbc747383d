import type { AwsCall } from '../../lib/aws/client.ts'

type Client = typeof import('../../lib/aws/client.ts')

/** What a test puts around the AWS caller of each request. */
export const edge: { around: (aws: AwsCall) => AwsCall } = { around: (aws) => aws }

/**
 * Returns the AWS client with {@link edge} around it.
 *
 * @example
 * vi.mock('../../lib/aws/client.ts', async (original) =>
 *   (await import('../../test/support/aws-edge.ts')).withEdge(await original()),
 * )
 */
export const withEdge = (client: Client): Client => ({
  ...client,
  within: (deadlineMs) => edge.around(client.within(deadlineMs)),
})
