import type { Context } from 'aws-lambda'
import { within } from '../../lib/aws/client.ts'
import { hasFederation, readConfig } from '../../lib/config.ts'
import { findProvidersOf } from '../../lib/federation/names.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logFailure } from '../../lib/log.ts'
import { DELIVERY, deliverMail } from '../../lib/mail/deliver.ts'
import type { MailEvent } from '../../lib/mail/event.ts'

/**
 * Sends the mail of an event, at most once. Lambda invokes it asynchronously, and again if it throws. After
 * three tries, Lambda puts the event into the queue of failed mails. All tries of one event have the same
 * request id (https://repost.aws/knowledge-center/lambda-function-duplicate-invocations).
 */
export async function handler(event: MailEvent, context: Context): Promise<void> {
  try {
    const config = readConfig(['TABLE_NAME', ...DELIVERY])
    const table = { aws: within(deadlineOf(context)), name: config.TABLE_NAME }
    const providersOf = hasFederation() ? findProvidersOf : undefined
    await deliverMail(table, config, event, { invocationId: context.awsRequestId, providersOf })
  } catch (error) {
    logFailure(error)
    throw error
  }
}
