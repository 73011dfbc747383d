import { type ClientAuthentication, isAsymmetric, type Provider } from '../../lib/federation/provider.ts'
import { isLoopback } from '../../lib/send.ts'
import { Refusal } from '../cli/refusal.ts'

/** The network, as a command uses it. Tests give another one. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>

/** How a command reaches providers. */
export interface Reach {
  fetch: Fetch
  /** Whether http counts at loopback addresses: for the local service. */
  isLocal: boolean
}

/** What a command stores of a discovery document. */
export type Discovered = Pick<
  Provider,
  'authorizationEndpoint' | 'tokenEndpoint' | 'jwksUri' | 'algorithms' | 'sendsIssuer'
>

/** A discovery document that fits. */
export interface Discovery {
  values: Discovered
  /** How clients may prove who they are. */
  clientAuthentications: readonly ClientAuthentication[]
}

const TIMEOUT_MS = 3_000
const MAX_BYTES = 65_536

/** Subjects that stay the same at the next sign-in (OpenID Connect Core section 8). */
const LASTING_SUBJECTS = ['public', 'pairwise']

/** Returns the address of the discovery document of an issuer (OpenID Connect Discovery section 4.1). */
const documentUrlOf = (issuer: string): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** Whether requests may go to a URL: https, or http at a loopback address for the local service. */
export function isAllowedUrl(given: string, isLocal: boolean): boolean {
  if (!URL.canParse(given) || !/^[\x21-\x7e]{1,500}$/.test(given)) return false
  const url = new URL(given)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal && isLoopback(given))
  return isSafe && url.username === '' && url.password === '' && !given.includes('#')
}

/**
 * Reads the discovery document of an issuer, and returns what it says about endpoints.
 *
 * @throws {@link Refusal} `refused`, if the document does not fit; `failed`, if there is no response.
 */
export async function discover(issuer: string, { fetch, isLocal }: Reach): Promise<Discovery> {
  const url = documentUrlOf(issuer)
  const document = await readDocument(url, fetch)
  if (document.issuer !== issuer) throw otherIssuer(document.issuer)
  const listOf = (name: string): string[] | undefined => {
    const value = document[name]
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
  }
  const endpoint = (name: string): string => {
    const value = document[name]
    if (typeof value === 'string' && isAllowedUrl(value, isLocal)) return value
    throw unfit(`its ${name} is not an https URL`)
  }
  const values = {
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
    jwksUri: endpoint('jwks_uri'),
    algorithms: algorithmsIn(listOf('id_token_signing_alg_values_supported')),
    sendsIssuer: document.authorization_response_iss_parameter_supported === true || undefined,
  }
  if (!listOf('response_types_supported')?.includes('code')) throw unfit('it does not support the code flow')
  requireLastingSubjects(listOf('subject_types_supported'))
  return {
    values,
    clientAuthentications: authenticationsIn(listOf('token_endpoint_auth_methods_supported')),
  }
}

/** Sends one request. A redirect is not followed: it could lead to a document of someone else. */
async function readDocument(url: string, fetch: Fetch): Promise<Record<string, unknown>> {
  const { status, text } = await readBody(url, fetch).catch((error: Error) => {
    if (error instanceof Refusal) throw error
    const why = error.name === 'TimeoutError' ? `no response within ${TIMEOUT_MS / 1000} s` : reasonOf(error)
    throw new Refusal('failed', `${url} cannot be read: ${why}.`)
  })
  if (status >= 300 && status < 400) {
    throw new Refusal('refused', `${url} redirects. Use the issuer as its own discovery document says it.`)
  }
  if (status !== 200) {
    const outcome = status >= 500 || status === 429 ? 'failed' : 'refused'
    throw new Refusal(outcome, `${url} has the status ${status}. Is the issuer correct?`)
  }
  try {
    return Object(JSON.parse(text))
  } catch {
    throw new Refusal('refused', `${url} is not JSON. Is the issuer correct?`)
  }
}

async function readBody(url: string, fetch: Fetch): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { Accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Refusal('refused', `${url} has more than ${MAX_BYTES / 1024} KiB.`)
    chunks.push(chunk)
  }
  return { status: response.status, text: Buffer.concat(chunks).toString() }
}

/** `fetch` says only that it failed. Its cause says why. */
const reasonOf = ({ message, cause }: Error): string => {
  const { code, message: inner = message } = Object(cause) as { code?: string; message?: string }
  return code ?? inner
}

/** The issuer of Entra's documents for many tenants has a placeholder, so no id_token has it. */
function otherIssuer(said: unknown): Refusal {
  const shown = typeof said === 'string' && /^[\x21-\x7e]{1,500}$/.test(said) ? said : 'none'
  return new Refusal(
    'refused',
    `The discovery document says another issuer: ${shown}. Use exactly that one, also with or without a slash at its end.`,
  )
}

const unfit = (why: string): Refusal => new Refusal('refused', `The provider cannot be used: ${why}.`)

function algorithmsIn(said: readonly string[] = []): string[] {
  const found = said.filter(isAsymmetric)
  if (found.length > 0) return found.toSorted()
  throw unfit('it signs id_tokens with no asymmetric algorithm such as RS256')
}

function requireLastingSubjects(said: readonly string[] = []): void {
  if (said.some((one) => LASTING_SUBJECTS.includes(one))) return
  throw unfit('its subjects are neither public nor pairwise, so no user would be found again')
}

/** Without the list, it is `client_secret_basic` (OpenID Connect Discovery section 3). */
function authenticationsIn(said: readonly string[] = ['client_secret_basic']): ClientAuthentication[] {
  const found = (['basic', 'post'] as const).filter((one) => said.includes(`client_secret_${one}`))
  if (found.length > 0) return found
  throw unfit('it takes a client secret neither in a header nor in the body')
}
