import type { Table } from '../../lib/aws/dynamodb.ts'

/** Returns a table to which a concurrent request comes right before each call of an operation. */
export const outrunTable = ({ aws, name }: Table, operation: string, act: () => Promise<unknown>): Table => ({
  name,
  aws: async (service, called, input) => {
    if (called === operation) await act()
    return aws(service, called, input)
  },
})

/** Returns a table that loses the first response to each write, so that the write is sent again. */
export const resendingTable = ({ aws, name }: Table): Table => ({
  name,
  aws: async (service, operation, input) => {
    if (operation === 'UpdateItem' || operation === 'PutItem') await aws(service, operation, input)
    return aws(service, operation, input)
  },
})

export interface TableCall {
  operation: string
  input: object
  response: Record<string, unknown>
}

/** Returns a table that records its calls. */
export function watchedTable({ aws, name }: Table): { watched: Table; calls: TableCall[] } {
  const calls: TableCall[] = []
  const watched: Table = {
    name,
    aws: async (service, operation, input) => {
      const response = await aws(service, operation, input)
      calls.push({ operation, input, response })
      return response
    },
  }
  return { watched, calls }
}
