import { beforeEach, describe, expect, test } from 'vitest'
import { askPool } from '../../lib/drain/cognito.ts'
import { BROKEN, type Responder, sendJson, startFarEnd } from './far-end.ts'

// Verdicts of a user pool. The names are those of AdminInitiateAuth in botocore's model of cognito-idp (2016-04-18).

const farEnd = await startFarEnd()
beforeEach(() => {
  farEnd.received.length = 0
})

const ID = '5b1f9a7e-1111-4222-8333-444455556666'
const QUESTION = { id: ID, username: 'ada', password: 'a password, ü', address: '192.0.2.7' }
const pool = {
  id: 'eu-west-3_AbCdEf123',
  client: '1example23456789abcdefghij',
  endpoint: new URL(farEnd.url),
}
const settings = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'SESSION' },
  endpoints: {},
}
/** Shorter than in the service, so that the tests of a silent pool are fast. */
const bounds = { timeoutMs: 400, maxBytes: 65_536 }

const ask = (changes: Partial<typeof QUESTION> = {}) =>
  askPool(pool, settings, { ...QUESTION, ...changes }, bounds)

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokens =
  (claims: object): Responder =>
  (response) =>
    sendJson(response, {
      AuthenticationResult: {
        IdToken: `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`,
        AccessToken: 'secret',
      },
    })
const challenge =
  (ChallengeName: string, ChallengeParameters: object = {}): Responder =>
  (response) =>
    sendJson(response, { ChallengeName, ChallengeParameters, Session: 'a-session' })
const error =
  (type: string, message = 'A message.', status = 400): Responder =>
  (response) =>
    sendJson(response, { __type: type, message }, status)

const none = (reason: string, code?: string) => ({
  verdict: 'unavailable',
  reason,
  ...(code && { error: code }),
})
const WRONG = { verdict: 'wrong' }
const SILENT = 'The user pool does not respond.'
const INVALID = 'The response of the user pool is invalid.'
const REFUSED = 'The user pool refuses the request.'
const SECRET = 'The app client has a secret. Give oldPoolClient one without a secret.'

const ANSWERS: [what: string, responder: Responder, answer: object][] = [
  ['tokens of the user', tokens({ sub: ID }), { verdict: 'correct' }],
  ['tokens of another user', tokens({ sub: 'another' }), WRONG],
  ['tokens without a sub', tokens({}), none(INVALID)],
  ['a sub that is no text', tokens({ sub: [ID] }), none(INVALID)],
  ...['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE', 'MFA_SETUP'].flatMap(
    (name): [string, Responder, object][] => [
      [name, challenge(name, { USER_ID_FOR_SRP: 'ada' }), { verdict: 'correct-with-factor' }],
      [`${name} without a name`, challenge(name), { verdict: 'correct-with-factor' }],
    ],
  ),
  ['a factor of the id', challenge('SMS_MFA', { USER_ID_FOR_SRP: ID }), { verdict: 'correct-with-factor' }],
  ['a factor of another user', challenge('SMS_MFA', { USER_ID_FOR_SRP: 'eve' }), WRONG],
  ['NEW_PASSWORD_REQUIRED', challenge('NEW_PASSWORD_REQUIRED'), WRONG],
  ...[
    'CUSTOM_CHALLENGE',
    'PASSWORD_VERIFIER',
    'DEVICE_SRP_AUTH',
    'SELECT_CHALLENGE',
    'WEB_AUTHN',
    'SMS_OTP',
  ].map((name): [string, Responder, object] => [
    name,
    challenge(name),
    none('The user pool asks for an unknown challenge.', name),
  ]),
  ['a challenge with a sentence', challenge('a b'), none('The user pool asks for an unknown challenge.')],
  ['neither tokens nor a challenge', (response) => sendJson(response, {}), none(INVALID)],
  ['a wrong password', error('NotAuthorizedException', 'Incorrect username or password.'), WRONG],
  ['a disabled user', error('NotAuthorizedException', 'User is disabled.'), WRONG],
  ['a password that has expired', error('NotAuthorizedException', 'Temporary password has expired'), WRONG],
  ['PasswordResetRequired', error('PasswordResetRequiredException'), WRONG],
  ['UserNotConfirmed', error('UserNotConfirmedException'), WRONG],
  ['a trigger that refuses the user', error('UserLambdaValidationException'), WRONG],
  ['a code that cannot be sent', error('CodeDeliveryFailureException'), WRONG],
  ['UserNotFound', error('UserNotFoundException'), WRONG],
  ['UserNotFound with a namespace', error('com.amazonaws.cognito#UserNotFoundException'), WRONG],
  ['a locked user', error('NotAuthorizedException', 'Password attempts exceeded'), { verdict: 'exceeded' }],
  [
    'a client with a secret',
    error('NotAuthorizedException', 'Client abc is configured with secret but SECRET_HASH was not received'),
    none(SECRET, 'NotAuthorizedException'),
  ],
  [
    'a client with a secret, in other words',
    error('NotAuthorizedException', 'Unable to verify secret hash for client abc'),
    none(SECRET, 'NotAuthorizedException'),
  ],
  [
    'a client without the flow',
    error('InvalidParameterException', 'Auth flow not enabled for this client'),
    none(
      'The app client does not allow ADMIN_USER_PASSWORD_AUTH. Add ALLOW_ADMIN_USER_PASSWORD_AUTH to it.',
      'InvalidParameterException',
    ),
  ],
  [
    'no such pool or client',
    error('ResourceNotFoundException'),
    none(
      'The user pool or its app client does not exist. Correct oldPool and oldPoolClient.',
      'ResourceNotFoundException',
    ),
  ],
  [
    'no permission',
    error('AccessDeniedException'),
    none(
      'The user pool is in another account, or its policy denies the function. Use passwordsUrl for another account.',
      'AccessDeniedException',
    ),
  ],
  ...['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException'].map(
    (name): [string, Responder, object] => [name, error(name), none('The user pool limits requests.', name)],
  ),
  ['InternalError', error('InternalErrorException', '', 500), none(SILENT, 'InternalErrorException')],
  ...[
    'InvalidParameterException',
    'UnexpectedLambdaException',
    'InvalidLambdaResponseException',
    'ForbiddenException',
    'UnrecognizedClientException',
    'MFAMethodNotFoundException',
    'InvalidUserPoolConfigurationException',
  ].map((name): [string, Responder, object] => [name, error(name), none(REFUSED, name)]),
]

test.each(ANSWERS)('%s', async (_what, responder, answer) => {
  farEnd.respond = responder
  expect(await ask()).toEqual(answer)
  expect(farEnd.received.length).toBe(1)
})

describe('there is no verdict if the pool', () => {
  test.each(Object.entries(BROKEN))('%s', async (_what, responder) => {
    farEnd.respond = responder
    const answer = await ask()
    expect(answer).toMatchObject({ verdict: 'unavailable', reason: expect.stringContaining('user pool') })
    expect(farEnd.received.length).toBe(1)
  })
})

test('the request is the one of the API, for the region of the pool, and has the address of the client', async () => {
  farEnd.respond = tokens({ sub: ID })
  await ask()
  const [{ path, headers, body } = expect.fail('no request')] = farEnd.received
  expect({ path, body }).toEqual({
    path: '/',
    body: {
      UserPoolId: pool.id,
      ClientId: pool.client,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ada', PASSWORD: 'a password, ü' },
      ContextData: { IpAddress: '192.0.2.7', ServerName: 'login', ServerPath: '/login', HttpHeaders: [] },
    },
  })
  expect(headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.AdminInitiateAuth',
    'x-amz-security-token': 'SESSION',
    authorization: expect.stringMatching(/Credential=AKID\/\d{8}\/eu-west-3\/cognito-idp\/aws4_request,/),
  })
})

test('without an address, the request has no context', async () => {
  farEnd.respond = tokens({ sub: ID })
  const { address: _, ...question } = QUESTION
  await askPool(pool, settings, question, bounds)
  expect(farEnd.received[0]?.body).not.toHaveProperty('ContextData')
})

test('a password that is longer than any of Cognito is wrong, without a request', async () => {
  farEnd.respond = tokens({ sub: ID })
  expect(await ask({ password: 'a'.repeat(257) })).toEqual(WRONG)
  expect(farEnd.received).toEqual([])
  expect(await ask({ password: 'a'.repeat(256) })).toEqual({ verdict: 'correct' })
})
