import type { Attempt, Response } from '../aws/gate.ts'

/** A request that arrived at AWS. */
export interface Arrival {
  step: number
  /** Index of the operation that sent it. */
  by: number
  operation: string
  input: Attempt['input']
  /** Whether AWS carried it out. */
  isDone: boolean
  /** Whether it arrived after its sender had given it up, or as a second copy. */
  isLate: boolean
  /** Whether the sender got the response. */
  isAnswered: boolean
  response: Response
}

/** How an operation ended: with the value that it returned or the error that it threw. */
export interface End<T> {
  /** Steps. */
  began: number
  ended: number
  value?: T
  error?: unknown
}

export interface History<T> {
  arrivals: Arrival[]
  ends: End<T>[]
  /** What happened, a line for each step. */
  trace: string[]
}

/** Returns the writes of a request, each with its kind: `Put`, `Update` or `Delete`. Events are not among them. */
export function writesOf({
  operation,
  input,
}: Pick<Attempt, 'operation' | 'input'>): [string, Attempt['input']][] {
  if (operation !== 'TransactWriteItems') {
    return /^(Put|Update|Delete)Item$/.test(operation) ? [[operation.replace('Item', ''), input]] : []
  }
  const all: [string, Attempt['input']][] = input.TransactItems.flatMap(Object.entries)
  return all.filter(([kind, { TableName }]) => kind !== 'ConditionCheck' && !isEventsTable(TableName))
}

export const isEventsTable = (name: string): boolean => name.endsWith('-events')

/** Returns the operation of a request, and the items that it writes. */
export const describe = ({ operation, input }: Attempt) => {
  const [key, ...more] = (input.TransactItems ?? [input]).map((item: Attempt['input']) => {
    const { Key, Item } = item.Put ?? item.Update ?? item.Delete ?? item
    const { pk, sk } = Key ?? Item ?? {}
    return pk ? `${pk.S} ${sk.S}` : ''
  })
  return `${operation} ${[key, ...more].join(', ')}`
}
