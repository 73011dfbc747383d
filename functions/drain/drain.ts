import type { Context } from 'aws-lambda'
import { within } from '../../lib/aws/client.ts'
import { awsSettings } from '../../lib/aws/settings.ts'
import { readConfig, readOldPlace } from '../../lib/config.ts'
import { askPool } from '../../lib/drain/cognito.ts'
import { askEndpoint } from '../../lib/drain/endpoint.ts'
import { openPasswordsSecret } from '../../lib/drain/secret.ts'
import type { Judged, Question, Verdict } from '../../lib/drain/verdict.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logEvent, logFailure } from '../../lib/log.ts'

/**
 * Asks the old place of passwords, a user pool or an endpoint, about the password of a user who was imported without one. `login` invokes
 * it. It has no route, no table and no keys. It throws nothing, because Lambda would log the error with its whole text.
 */
export async function handler(question: Question, context: Context): Promise<{ verdict: Verdict }> {
  try {
    const { verdict, ...why } = await ask(question, context)
    if ('reason' in why) logEvent('error', { event: 'drain.failed', ...why })
    return { verdict }
  } catch (error) {
    logFailure(error)
    return { verdict: 'unavailable' }
  }
}

async function ask(question: Question, context: Context): Promise<Judged> {
  const {
    OLD_POOL: id,
    OLD_POOL_CLIENT: client = '',
    PASSWORDS_URL: url = '',
    PASSWORDS_SECRET = '',
  } = readOldPlace()
  if (id) {
    const { AWS_ENDPOINT_URL: endpoint } = readConfig(['AWS_ENDPOINT_URL'])
    return askPool({ id, client, endpoint }, awsSettings(), question)
  }
  const { FACTOR_KEY } = readConfig(['FACTOR_KEY'])
  const secret = await openPasswordsSecret(within(deadlineOf(context)), FACTOR_KEY, PASSWORDS_SECRET)
  return askEndpoint({ url, secret }, question)
}
