import { expect, test, vi } from 'vitest'
import { awsClient } from '../../lib/aws/client.ts'
import { isClientId } from '../../lib/oauth/clients/client.ts'
import { isClientUrl } from '../../lib/oauth/clients/url-client.ts'
import { issueClientTokens } from '../../lib/oauth/token/issue.ts'
import { isSessionId } from '../../lib/sessions/session.ts'
import { issueToken } from '../../lib/tokens/issue.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'
import { AMR } from '../../lib/users/factors.ts'
import { isEmail } from '../../lib/users/login-name.ts'
import { useAws } from '../../test/support/aws/table.ts'
import { describeService } from '../../test/support/process/service-description.ts'
import { testUser } from '../../test/support/users/users.ts'
import { faultsOfTokens, longestTokens } from './longest-tokens.ts'

const KEY = describeService().custom.auth.signingKey
vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['user', 'administrator-of-all'],
    administrators: [],
    attributes: {
      plan: { type: 'string', maxLength: 40, claim: 'https://notes.example/plan' },
      tier: { type: 'string', values: ['free', '"\\"'], claim: 'https://notes.example/tier' },
      seats: { type: 'number', claim: 'https://notes.example/seats' },
      beta: { type: 'boolean', claim: 'https://notes.example/beta' },
      note: { type: 'string', maxLength: 500 },
    },
  },
}))

const now = new Date('2026-11-24T15:00:00.400Z')
const AUDIENCE = 'the-api'
const local = await useAws()

// A user, a session and a client whose values are as long as the rules of this service allow.
const labels = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
const email = `${'a'.repeat(64)}@${labels}`
const sessionId = `0123abcd${'s'.repeat(22)}`
const clientId = 'c'.repeat(64)
const clientUrl = 'https://app.example/'.padEnd(512, 'a')
const session = { id: sessionId, authTime: 1_795_532_400, amr: AMR.mailRecoveryCode }
const user = {
  ...testUser({
    username: email,
    email,
    role: 'administrator-of-all' as 'user',
    attributes: { plan: '€'.repeat(40), tier: '"\\"', seats: -0.0000012345678901234567, beta: false },
  }),
  generation: Number.MAX_SAFE_INTEGER,
}

test('the user, session and clients of these tests have the longest values', () => {
  expect(isEmail(email) && isSessionId(sessionId) && isClientId(clientId) && isClientUrl(clientUrl)).toBe(
    true,
  )
  expect(isEmail(`a${email}`) || isEmail(`${email}d`)).toBe(false)
  expect(isClientId(`${clientId}c`) || isClientUrl(`${clientUrl}a`)).toBe(false)
})

/** Issues tokens by KMS, as the functions do. */
function issuing(issuer: string) {
  const table = { aws: awsClient(local.settings).within(Date.now() + 4_500), name: '' }
  const config = {
    SIGNING_KEY: KEY,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: AUDIENCE,
    TOKEN_TTL_SECONDS: 900,
    PUBLIC_URL: issuer,
  }
  const at = { table, config, now, origin: { sourceIp: '', userAgent: '' }, via: '', requestId: '' }
  const ofClient = (id: string, firstParty: boolean, resource?: string) => {
    const grant = { ...session, sessionId, resource }
    const scope = 'openid profile email '.padEnd(1_024, 'a')
    const granted = { grant, client: { id, firstParty, tokenTtlSeconds: undefined }, user, scope }
    return issueClientTokens(at, kmsSigner(), { granted, idToken: { nonce: 'n'.repeat(512) } })
  }
  return {
    own: async () => (await issueToken(at, user, session)).authToken,
    ofApp: async () => (await ofClient(clientId, true)).access_token,
    idToken: async () => String((await ofClient(clientUrl, false, 'https://api.example')).id_token),
  }
}

const issuerOf = (characters: number) => 'https://auth.example.com/'.padEnd(characters, 'a')

/** Returns the longest issuer with which a kind of token is accepted. */
function longestIssuer(parameters: object, kind: string): number {
  let characters = 300
  const isAccepted = () => {
    const issuer = issuerOf(characters + 1)
    return !faultsOfTokens({ issuer, audience: AUDIENCE, ...parameters }).some((fault) =>
      fault.startsWith(`The longest ${kind} takes `),
    )
  }
  while (isAccepted()) characters += 1
  return characters
}

const OAUTH = { oauth: 'on', clientMetadataHosts: '*' }

test.each([
  ['access token', { oauth: 'off' }, 'own'],
  ['access token of a first-party app', OAUTH, 'ofApp'],
  ['id_token of an app', OAUTH, 'idToken'],
] as const)(
  'KMS signs the longest %s that is accepted, and none with one character more',
  async (kind, parameters, way) => {
    const characters = longestIssuer(parameters, kind)
    const issuer = issuerOf(characters)
    const [header, claims] = (await issuing(issuer)[way]()).split('.')
    const longest = longestTokens({ issuer, audience: AUDIENCE, ...parameters })[kind]
    expect(`${header}.${claims}`).toHaveLength(Number(longest))
    expect(longest).toBeGreaterThan(4_092)

    const beyond = issuerOf(characters + 1)
    expect(faultsOfTokens({ issuer: beyond, audience: AUDIENCE, ...parameters })).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^The longest ${kind} takes 409[78] bytes, and KMS signs at most 4096\\. The attributes with a claim take 376 of them\\. In auth\\.config\\.ts, give them a smaller maxLength, shorter values or a shorter claim, or leave a claim out\\. The parameters issuer and audience count too\\.$`,
        ),
      ),
    )
    await expect(issuing(beyond)[way]()).rejects.toMatchObject({ code: 'unavailable' })
  },
)

test('a service without OAuth is held to its own tokens alone', () => {
  const issuer = issuerOf(1_000)
  expect(faultsOfTokens({ issuer, audience: AUDIENCE, oauth: 'off' })).toEqual([])
  expect(faultsOfTokens({ issuer, audience: AUDIENCE, oauth: 'on' })).toHaveLength(1)
})

test('values that are not resolved yet, or no URLs, are left to other rules', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the framework.
  for (const issuer of ['${env:ISSUER}', ''.padEnd(5_000, 'a')]) {
    expect(faultsOfTokens({ issuer, audience: AUDIENCE, oauth: 'on' })).toEqual([])
  }
})

test('without an issuer, the tokens name an address of API Gateway', () => {
  const length = (issuer: string | null) => longestTokens({ issuer, audience: AUDIENCE })['access token']
  const address = 'https://abcdefghij.execute-api.ap-southeast-1.amazonaws.com.cn/a-stage-of-15-c'
  expect(length(null)).toBe(length(address))
})
