import { ATTRIBUTES, attributeClaims } from '../../lib/application/attributes.ts'
import { ROLES } from '../../lib/application/roles.ts'
import { isApiIdentifier, MAX_IDENTIFIER_CHARACTERS } from '../../lib/oauth/apis/api.ts'
import { MAX_NONCE_BYTES } from '../../lib/oauth/authorize/request.ts'
import { MAX_SCOPE_CHARACTERS } from '../../lib/oauth/authorize/scope.ts'
import { MAX_CLIENT_ID_CHARACTERS } from '../../lib/oauth/clients/client.ts'
import { MAX_CLIENT_URL_CHARACTERS } from '../../lib/oauth/clients/url-client.ts'
import { clientTokenInput, type Granted, idTokenInput } from '../../lib/oauth/token/claims.ts'
import { accessTokenInput } from '../../lib/tokens/access-token.ts'
import { AMR } from '../../lib/users/factors.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Parameters } from '../framework.d.ts'
import { longestInTokens } from './attributes.ts'

/** KMS signs a message of at most so many bytes (https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html). */
const MAX_INPUT_BYTES = 4_096

/** The API's own address, as long as it can be, for a service without the parameter `issuer`. */
const LONGEST_ADDRESS = `https://${'a'.repeat(10)}.execute-api.ap-southeast-1.amazonaws.com.cn/${'a'.repeat(15)}`

const longest = <T extends string>(texts: readonly T[]): T =>
  texts.reduce((found, text) => (text.length > found.length ? text : found))

const text = (characters: number): string => 'a'.repeat(characters)

/** What a token says, as long as a user, a session and a client can make it. */
const NOW = new Date(9_999_999_999_000)
const AUTH_TIME = 9_999_999_999
const SELECTOR = text(30)
const LONGEST_NAME = text(254)
const LONGEST_AMR = longest(Object.values(AMR))

const user = {
  id: text(22),
  username: LONGEST_NAME,
  role: longest(ROLES),
  disabled: false,
  generation: Number.MAX_SAFE_INTEGER,
  sessionGeneration: Number.MAX_SAFE_INTEGER,
  survivingSession: undefined,
  factors: undefined,
  email: LONGEST_NAME,
  emailVerified: false,
  attributes: longestInTokens(ATTRIBUTES),
}

/**
 * Returns how many bytes the signing input of each kind of token takes at most. The kinds that are missing here are shorter: an app that
 * is a URL gets no attributes in access tokens, and a machine none at all.
 */
export function longestTokens({
  issuer,
  audience,
  oauth,
  clientMetadataHosts,
}: Parameters): Record<string, number> {
  const parties = { issuer: String(issuer ?? LONGEST_ADDRESS), audience: String(audience) }
  const kid = text(43)
  const details = { issuer: parties.issuer, publicUrl: parties.issuer, ttlSeconds: 0, tokenId: text(36) }
  const session = { id: SELECTOR, authTime: AUTH_TIME, amr: LONGEST_AMR }
  const own = accessTokenInput(user, session, { ...details, parties }, NOW)(kid)
  if (oauth !== 'on') return { 'access token': own.length }
  // The longest identifier of an API, that of the own API, which becomes another audience, and the audience
  // that is only for `/userinfo`.
  const identifiers = ['https://a.example/'.padEnd(MAX_IDENTIFIER_CHARACTERS, 'a'), parties.issuer]
  const resources = [...identifiers.filter(isApiIdentifier), undefined]
  const scope = 'openid profile email '.padEnd(MAX_SCOPE_CHARACTERS, 'a')
  const longestOf = (clientIdCharacters: number, input: (granted: Granted) => (kid: string) => string) => {
    const client = { id: text(clientIdCharacters), firstParty: true }
    const granted = resources.map((resource) => {
      const grant = { ...session, sessionId: SELECTOR, resource }
      return input({ grant, client, user, scope })(kid).length
    })
    return Math.max(...granted)
  }
  const nonce = text(MAX_NONCE_BYTES)
  return {
    'access token': own.length,
    'access token of a first-party app': longestOf(MAX_CLIENT_ID_CHARACTERS, (granted) =>
      clientTokenInput(granted, details, NOW),
    ),
    'id_token of an app': longestOf(
      clientMetadataHosts ? MAX_CLIENT_URL_CHARACTERS : MAX_CLIENT_ID_CHARACTERS,
      (granted) => idTokenInput(granted, { ...details, nonce }, NOW),
    ),
  }
}

/** Reports tokens that KMS would not sign: sign-ins of users with long values would get a 503. */
export function faultsOfTokens(parameters: Parameters): string[] {
  const { issuer, audience } = parameters
  // A variable of the framework is not resolved yet. The next check has its value.
  if ([issuer, audience].some((one) => String(one).includes('${'))) return []
  if (issuer && !URL.canParse(String(issuer))) return []
  const claims = Buffer.byteLength(JSON.stringify(attributeClaims(user.attributes)))
  const wayOut =
    user.attributes && Object.keys(user.attributes).length > 0
      ? `The attributes with a claim take ${Math.ceil((claims * 4) / 3)} of them. In ${CONFIGURATION}, give them a smaller maxLength, shorter values or a shorter claim, or leave a claim out. The parameters issuer and audience count too.`
      : 'Shorten the parameters issuer and audience.'
  return Object.entries(longestTokens(parameters))
    .filter(([, bytes]) => bytes > MAX_INPUT_BYTES)
    .map(
      ([kind, bytes]) =>
        `The longest ${kind} takes ${bytes} bytes, and KMS signs at most ${MAX_INPUT_BYTES}. ${wayOut}`,
    )
}
