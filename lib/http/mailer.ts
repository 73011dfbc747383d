import type { Context } from 'aws-lambda'
import { within } from '../aws/client.ts'
import { type Config, hasFederation } from '../config.ts'
import { findProvidersOf } from '../federation/names.ts'
import { logFailure } from '../log.ts'
import { type DELIVERY, deliverMail } from '../mail/deliver.ts'
import type { MailEvent } from '../mail/event.ts'
import { deadlineOf } from './handler.ts'

/** What an invocation of the mailer reads from its settings. */
interface MailerSettings {
  config: Config<'TABLE_NAME' | (typeof DELIVERY)[number]>
  /** See `MailingService` in `lib/mail/plan.ts`. */
  mayRegister?: (address: string) => boolean
}

/**
 * Creates the handler of the mailer.
 *
 * @param readMailer - Reads the settings, at each invocation.
 */
export const mailerHandler =
  (readMailer: () => MailerSettings) =>
  async (event: MailEvent, context: Context): Promise<void> => {
    try {
      const { config, mayRegister } = readMailer()
      const table = { aws: within(deadlineOf(context)), name: config.TABLE_NAME }
      const providersOf = hasFederation() ? findProvidersOf : undefined
      const { awsRequestId: invocationId } = context
      await deliverMail(table, config, event, { invocationId, providersOf, mayRegister })
    } catch (error) {
      logFailure(error)
      throw error
    }
  }
