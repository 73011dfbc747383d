import type { Parameters } from '../framework.d.ts'
import { faultOfRegion } from '../region.ts'

const POOL = 'must be the id of a user pool, such as eu-central-1_AbCdEf123'

/** Accepts the id of a user pool. It begins with the region, in which the pool is asked. */
export function userPool(text: string): void {
  const [, region = ''] = /^((?:[a-z]{2,4}-)+[a-z]+-\d)_[0-9A-Za-z]{1,30}$/.exec(text) ?? []
  if (region === '') throw new Error(POOL)
  if (faultOfRegion(region)) throw new Error(`${POOL}: it is not in the commercial partition of AWS`)
}

/** Accepts the id of an app client. A secret is longer. */
export function appClient(text: string): void {
  if (!/^[a-z0-9]{20,30}$/.test(text)) {
    throw new Error('must be the id of an app client, such as 1example23456789abcdefghij')
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** Accepts the URL of an endpoint. http is for this machine: {@link faultsOfOldPlace} refuses it in a deployment. */
export function endpointUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLocal = url?.protocol === 'http:' && LOOPBACK.includes(url.hostname)
  const { username = '', password = '', hash = '' } = url ?? {}
  if ((url?.protocol !== 'https:' && !isLocal) || username + password + hash !== '') {
    throw new Error('must be an https URL without username, password and fragment')
  }
}

/** Accepts a ciphertext of KMS in base64. A secret that is not sealed would be in the template and in the environment. */
export function sealedSecret(text: string): void {
  if (!/^[A-Za-z0-9+/]{80,2000}={0,2}$/.test(text)) {
    throw new Error('must be what npm run users -- seal-secret prints, and not the secret itself')
  }
}

/**
 * Returns what is wrong with the parameters of the old place of passwords together.
 *
 * @param isLocal - On a developer's machine, whose KMS is a new one with each start.
 */
export function faultsOfOldPlace(parameters: Parameters, isLocal: boolean): string[] {
  const { oldPool, oldPoolClient, passwordsUrl, passwordsSecret } = parameters
  if (oldPool && passwordsUrl) {
    return ['The parameters oldPool and passwordsUrl exclude each other: passwords come from one place.']
  }
  const faults: string[] = []
  if (oldPool && !oldPoolClient) {
    faults.push('The parameter oldPool needs oldPoolClient, an app client of that pool without a secret.')
  }
  if (oldPoolClient && !oldPool) faults.push('The parameter oldPoolClient needs oldPool.')
  if (passwordsSecret && !passwordsUrl) faults.push('The parameter passwordsSecret needs passwordsUrl.')
  if (isLocal) return faults
  if (passwordsUrl && !passwordsSecret) {
    faults.push(
      'The parameter passwordsUrl needs passwordsSecret, which npm run users -- seal-secret prints.',
    )
  }
  if (String(passwordsUrl ?? '').startsWith('http:')) {
    faults.push('The parameter passwordsUrl must be an https URL in a deployment.')
  }
  return faults
}
