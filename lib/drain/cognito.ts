import { type Failure as AwsFailure, readOutput } from '../aws/failure.ts'
import type { AwsSettings } from '../aws/settings.ts'
import { requestSigner } from '../aws/sign.ts'
import { BOUNDS, type Bounds, send } from '../send.ts'
import { type Judged, noVerdict, type Question } from './verdict.ts'

/** A user pool, and an app client of it that has no secret and no other flow. */
export interface OldPool {
  /** Such as `eu-central-1_AbCdEf123`. It begins with the region. */
  id: string
  client: string
  /** Replaces the public endpoint. */
  endpoint?: URL | undefined
}

const SERVICE = 'cognito-idp'
const PROTOCOL = {
  host: SERVICE,
  contentType: 'application/x-amz-json-1.1',
  target: 'AWSCognitoIdentityProviderService',
}

/** Longest password of Cognito (`PasswordType`). A longer one is wrong, and the pool would call it an invalid request. */
const LONGEST_PASSWORD = 256

/** Challenges after a correct password, for users with a second factor, or who must have one. */
const OF_FACTORS = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE', 'MFA_SETUP']

/**
 * Asks a user pool whether a password is that of a user, by `AdminInitiateAuth`. It sends one request, because a second one would count
 * twice against the user there. Tokens of the response are dropped.
 *
 * @param bounds - Limits of the request.
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
 */
export async function askPool(
  pool: OldPool,
  settings: AwsSettings,
  question: Question,
  bounds: Bounds = BOUNDS,
): Promise<Judged> {
  if (question.password.length > LONGEST_PASSWORD) return { verdict: 'wrong' }
  const [region = ''] = pool.id.split('_')
  const { href, host } = pool.endpoint ?? new URL(`https://${SERVICE}.${region}.amazonaws.com`)
  const body = JSON.stringify(requestOf(pool, question))
  const sign = requestSigner({ ...settings, region }, SERVICE, host, PROTOCOL)
  const flat = sign('AdminInitiateAuth', body, new Date())
  const headers = Object.fromEntries(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[name, String(flat[index + 1])]] : [])),
  )
  let response: Response
  try {
    response = await send(href, { method: 'POST', headers, body }, bounds)
  } catch (error) {
    return noVerdict('The user pool does not respond.', (error as Error).message)
  }
  try {
    return judge(readOutput({ status: response.status, body: await response.text() }), question)
  } catch (error) {
    return judgeFailure(error as AwsFailure)
  }
}

/** The address lets threat protection see the user's device, and not only this function. */
const requestOf = (pool: OldPool, { username, password, address }: Question) => ({
  UserPoolId: pool.id,
  ClientId: pool.client,
  AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
  AuthParameters: { USERNAME: username, PASSWORD: password },
  ...(address !== undefined && {
    ContextData: { IpAddress: address, ServerName: 'login', ServerPath: '/login', HttpHeaders: [] },
  }),
})

/**
 * A challenge has no token, so it has no `sub`. Most name its user, by the username and not by an alias; the others are about the username that
 * was sent. An account that got the username of a deleted user gets no session: the enrolment takes a mail, or the code of an operator.
 */
function judge(output: Record<string, unknown>, { id, username }: Question): Judged {
  const { AuthenticationResult, ChallengeName, ChallengeParameters } = output
  if (OF_FACTORS.includes(String(ChallengeName))) {
    const { USER_ID_FOR_SRP: named = username } = Object(ChallengeParameters)
    return { verdict: named === username || named === id ? 'correct-with-factor' : 'wrong' }
  }
  if (ChallengeName === 'NEW_PASSWORD_REQUIRED') return { verdict: 'wrong' }
  if (ChallengeName !== undefined) {
    return noVerdict('The user pool asks for an unknown challenge.', codeOf(ChallengeName))
  }
  const subject = subjectOf(Object(AuthenticationResult).IdToken)
  if (subject === undefined) return noVerdict('The response of the user pool is invalid.')
  return { verdict: subject === id ? 'correct' : 'wrong' }
}

/** Reads the `sub` of an id_token. It came from AWS over TLS, so its signature is not verified. */
function subjectOf(idToken: unknown): string | undefined {
  try {
    const { sub } = JSON.parse(Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString())
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

/** The words of a code in the log. A response could have anything in its place. */
const codeOf = (value: unknown): string | undefined => /^\w{1,60}$/.exec(String(value))?.[0]

/**
 * Errors that say that the password is not known to be correct: the service's response is that of a wrong one. `NotAuthorized` also
 * stands for a disabled user. `UserLambdaValidation` is a trigger of the pool that refuses the user. `CodeDeliveryFailure` may follow a
 * correct password, but names no user, so the password cannot be stored.
 */
const WRONG = [
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
  'UserLambdaValidationException',
  'CodeDeliveryFailureException',
]

const LIMITED = ['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException']

/** Cognito has one error for wrong passwords, locked users and app clients with a secret. Only its message differs. */
function judgeFailure({ name, message, status = 0 }: AwsFailure): Judged {
  const code = codeOf(name)
  if (status === 200) return noVerdict('The response of the user pool is invalid.', code)
  if (status >= 500) return noVerdict('The user pool does not respond.', code)
  if (LIMITED.includes(name) || status === 429) return noVerdict('The user pool limits requests.', code)
  if (name === 'NotAuthorizedException' && /attempts exceeded/i.test(message)) return { verdict: 'exceeded' }
  if (name === 'NotAuthorizedException' && /secret[ _]hash|with secret/i.test(message)) {
    return noVerdict('The app client has a secret. Give oldPoolClient one without a secret.', code)
  }
  if (WRONG.includes(name)) return { verdict: 'wrong' }
  return noVerdict(reasonOf(name, message), code)
}

function reasonOf(name: string, message: string) {
  if (name === 'ResourceNotFoundException') {
    return 'The user pool or its app client does not exist. Correct oldPool and oldPoolClient.'
  }
  if (name === 'AccessDeniedException') {
    return 'The user pool is in another account, or its policy denies the function. Use passwordsUrl for another account.'
  }
  return name === 'InvalidParameterException' && /flow not enabled/i.test(message)
    ? 'The app client does not allow ADMIN_USER_PASSWORD_AUTH. Add ALLOW_ADMIN_USER_PASSWORD_AUTH to it.'
    : 'The user pool refuses the request.'
}
