/** A stack, as CloudFormation describes it. */
export interface DescribedStack {
  name: string
  outputs: Record<string, string>
  status?: string
}

/** Status and text of a response. */
export type Response = [status: number, text: string]

/** Responds to `DescribeStacks` in the query protocol, in an account with at most one stack. */
export function describeStacks(name: string | null, stack: DescribedStack | undefined): Response {
  if (stack === undefined || name !== stack.name) {
    const message = `Stack with id ${name} does not exist`
    const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`
    return [400, `<ErrorResponse>${error}</ErrorResponse>`]
  }
  const { outputs, status = 'UPDATE_COMPLETE' } = stack
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  const described = `<StackName>${name}</StackName><StackStatus>${status}</StackStatus><Outputs>${members.join('')}</Outputs>`
  const result = `<Stacks><member>${described}</member></Stacks>`
  return [
    200,
    `<DescribeStacksResponse><DescribeStacksResult>${result}</DescribeStacksResult></DescribeStacksResponse>`,
  ]
}
