import { getDomain } from 'tldts'
import type { Parameters } from '../framework.d.ts'
import { areSecureOrigins } from './values.ts'

/** The domain that passkeys are bound to, and the origins of the pages that use them (WebAuthn level 3, section 5.1.2). */
interface RelyingParty {
  id: string | undefined
  origins: string[]
}

/** Accepts a domain that belongs to one owner. With a public suffix, pages of other owners could use the passkeys. */
export function rpId(text: string): void {
  const isDomain = text === 'localhost' || getDomain(text, { allowPrivateDomains: true }) !== null
  if (!isDomain || !/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(text)) {
    throw new Error('must be a domain of your own in lower case, such as example.com')
  }
}

/** Accepts origins as browsers write them into the responses of passkeys. */
export function rpOrigins(text: string): void {
  if (areSecureOrigins(text, ['localhost'])) return
  throw new Error(
    'must be https origins such as https://app.example.com, or http://localhost:3000, separated by commas, with nothing after the host or port',
  )
}

/**
 * Returns the relying party that parameters ask for. Without `rpId` and `rpOrigins` it is the host with the pages: the local
 * service, or else `publicUrl`, or else `issuer`.
 *
 * @param localUrl - Where browsers reach the service on a developer's machine; undefined on AWS.
 * @returns Without an id, it is the API's own address.
 */
export function relyingPartyOf(parameters: Parameters, localUrl: string | undefined): RelyingParty {
  const { rpId: id, rpOrigins: origins, publicUrl, issuer } = parameters
  const deployed = publicUrl ?? issuer
  const url = id ? (deployed ?? localUrl) : (localUrl ?? deployed)
  const { hostname, origin } = URL.canParse(String(url)) ? new URL(String(url)) : {}
  return {
    id: id ? String(id) : hostname,
    origins: origins ? String(origins).split(',') : origin ? [origin] : [],
  }
}

/** Reports a domain and origins between which no browser uses a passkey. Other rules report values of another form. */
export function faultsOfRelyingParty(parameters: Parameters, localUrl: string | undefined): string[] {
  if (!parameters.rpId && !parameters.rpOrigins) return []
  const { id, origins } = relyingPartyOf(parameters, localUrl)
  if (id === undefined) return ['The parameter rpOrigins needs rpId, the domain that passkeys are bound to.']
  if (origins.length === 0)
    return ['The parameter rpId needs rpOrigins, the origins of the pages with passkeys.']
  if (!isValid(rpId, id) || !isValid(rpOrigins, origins.join(','))) return []
  const foreign = origins.filter((origin) => !`.${new URL(origin).hostname}`.endsWith(`.${id}`))
  return foreign.map(
    (origin) =>
      `Passkeys of the rpId ${id} do not work at ${origin}. Its host must be ${id} or end in .${id}: set rpId or rpOrigins.`,
  )
}

function isValid(rule: (text: string) => void, text: string): boolean {
  try {
    rule(text)
    return true
  } catch {
    return false
  }
}

const nameOf = (id: unknown) => (typeof id === 'string' ? id : 'the address of the API')

/**
 * Returns what an operator must know before the first deployment.
 *
 * @param id - An object, if it is the API's own address, which is not known yet.
 */
export const noticeOfRelyingParty = (id: unknown): string =>
  `Passkeys are bound to ${nameOf(id)} (parameter rpId). This can never change afterwards: passkeys do not move to another domain.`

/**
 * Reports a deployment that would make all passkeys useless.
 *
 * @param deployed - The id of the deployed stack.
 * @param id - The id that is about to be deployed; see {@link noticeOfRelyingParty}.
 */
export function faultOfChange(deployed: string, id: unknown): string | undefined {
  const isOwnAddress = typeof id !== 'string' && /\.execute-api\.[a-z0-9-]+\.amazonaws\./.test(deployed)
  if (deployed === id || isOwnAddress) return undefined
  return `The rpId would change from ${deployed} to ${nameOf(id)}. All passkeys would stop working. Set rpId=${deployed}, or deploy with --force if no user has a passkey.`
}
