import type { APIGatewayAuthorizerResult, Context } from 'aws-lambda'
import { type AuthorizerEvent, askedByHttpApi, DENIED, type Decision } from '../authorization/http-api.ts'
import { askedByRestApi, type Question } from '../authorization/policy.ts'
import { within } from '../aws/client.ts'
import { readConfig, type SettingName } from '../config.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { logFailure } from '../log.ts'
import { verifyLiveClient } from '../oauth/live-token.ts'
import type { UnverifiedToken } from '../tokens/access-token.ts'
import { readBearer } from '../tokens/bearer.ts'
import { isOfClient } from '../tokens/client-token.ts'
import { verifyLiveUser } from '../tokens/live-token.ts'
import type { PublicKeyCache } from '../tokens/public-keys.ts'
import { deadlineOf } from './handler.ts'

/** The settings of {@link authorizer}. */
export const AUTHORIZER = [
  'GUARDED_ROUTES',
  'HTTP_API_ROUTES',
  'SCOPED_ROUTES',
  'PUBLISHED_KEYS',
  'TABLE_NAME',
  'TOKEN_AUDIENCE',
  'TOKEN_ISSUER',
] as const

type Setting = (typeof AUTHORIZER)[number]

/** What an authorizer has of an invocation. */
export type Authorizing<N extends SettingName = Setting> = Pick<At<N | Setting>, 'table' | 'config'>

type Result = APIGatewayAuthorizerResult | Decision

/** A token in the header of an event. */
export interface Presented {
  asked: Question<Result>
  unverified: UnverifiedToken
}

/**
 * Creates a Lambda authorizer, which verifies an access token. A REST API gets an IAM policy for its caller, an HTTP API a decision about
 * one route.
 *
 * @param settings - Those that it reads in addition to {@link AUTHORIZER}.
 */
export const authorizer =
  <N extends SettingName = never>(
    settings: readonly N[],
    decide: (event: AuthorizerEvent, at: Authorizing<N>, presented: Presented) => Promise<Result>,
  ) =>
  async (event: AuthorizerEvent, context: Context): Promise<Result> => {
    try {
      const config = readConfig<N | Setting>([...AUTHORIZER, ...settings])
      const at = { table: { aws: within(deadlineOf(context)), name: config.TABLE_NAME }, config }
      const asked: Question<Result> =
        event.type === 'REQUEST' ? askedByHttpApi(event, config) : askedByRestApi(event, config)
      return await decide(event, at, { asked, unverified: readBearer(asked.header) })
    } catch (error) {
      logFailure(error)
      const isOfToken = error instanceof ServiceError && error.code === 'invalid_token'
      if (event.type === 'REQUEST' && isOfToken) return DENIED
      // API Gateway returns 401 for this exact message, and 500 for others, which gateway-responses.yml makes a 503. So only a fault of the
      // token may use it: an outage must not make clients throw valid tokens away.
      throw isOfToken ? new Error('Unauthorized') : error
    }
  }

/** Decides about the token of a user of the application, or of a client. */
export const decideAbout = async (
  at: Authorizing,
  { asked, unverified }: Presented,
  publicKeys: PublicKeyCache,
): Promise<Result> =>
  asked.takesClients && isOfClient(unverified)
    ? asked.forClient(await verifyLiveClient(at, unverified, publicKeys))
    : asked.forUser(await verifyLiveUser(at, unverified, publicKeys))
