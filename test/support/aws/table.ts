import type { Table } from '../../../lib/aws/dynamodb.ts'
import type { Service } from '../../../lib/aws/settings.ts'
import type { ReservingTable } from '../../../lib/throttling/store.ts'
import { type LocalAws, type MailSettings, startLocalAws } from '../../../local/aws.ts'
import { atEnd } from '../at-end.ts'
import { describeService, mailOf, resourcesOf, tableOf } from '../process/service-description.ts'
import { operator } from '../users/sessions.ts'

/**
 * Starts the local AWS with the tables and keys of `serverless.yml`, and the demo users in it, until the end of the file or of the
 * test. What is reserved in the table is never given back.
 *
 * @param mail - For SES and Lambda, if mails are sent.
 */
export async function useTable(mail: Partial<MailSettings> = {}) {
  const service = describeService()
  const aws = await useAws(service, mail)
  return { ...operator(keeping(tableOf(service, aws))), aws }
}

/** Starts the local AWS with the resources of a service, until the end of the file or of the test. Events of mails are accepted. */
export async function useAws(
  service = describeService(),
  mail: Partial<MailSettings> = mailOf(service),
): Promise<LocalAws> {
  const aws = await startLocalAws(resourcesOf(service), service.provider.region, mail)
  atEnd(() => aws.stop())
  return aws
}

/** Returns a table in which every attempt stays reserved, also if its request fails. */
export const keeping = <T extends Table>(table: T): T & ReservingTable => ({ ...table, reserved: [] })

/** Returns a table to which a concurrent request comes right before each call of an operation. */
export const outrunTable = <T extends Table>(
  table: T,
  operation: string,
  act: () => Promise<unknown>,
): T => ({
  ...table,
  aws: async (service, called, input) => {
    if (called === operation) await act()
    return table.aws(service, called, input)
  },
})

/** Returns a table that loses the first response to each write, so that the write is sent again. */
export const resendingTable = <T extends Table>(table: T): T => ({
  ...table,
  aws: async (service, operation, input) => {
    if (operation === 'UpdateItem' || operation === 'PutItem') await table.aws(service, operation, input)
    return table.aws(service, operation, input)
  },
})

export interface TableCall {
  operation: string
  input: object
  response: Record<string, unknown>
}

/** Returns a table that records its calls. */
export function watchedTable<T extends Table>(table: T): { watched: T; calls: TableCall[] } {
  const calls: TableCall[] = []
  const watched = {
    ...table,
    aws: async (service: Service, operation: string, input: object) => {
      const response = await table.aws(service, operation, input)
      calls.push({ operation, input, response })
      return response
    },
  }
  return { watched, calls }
}
