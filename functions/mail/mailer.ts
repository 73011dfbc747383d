import { readConfig } from '../../lib/config.ts'
import { mailerHandler } from '../../lib/http/mailer.ts'
import { DELIVERY } from '../../lib/mail/deliver.ts'

/**
 * Sends the mail of an event, at most once. Lambda invokes it asynchronously, and again if it throws. After
 * three tries, Lambda puts the event into the queue of failed mails. All tries of one event have the same
 * request id (https://repost.aws/knowledge-center/lambda-function-duplicate-invocations).
 */
export const handler = mailerHandler(() => ({ config: readConfig(['TABLE_NAME', ...DELIVERY]) }))
