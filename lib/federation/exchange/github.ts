import { type Bounds, membersOf, send } from '../../send.ts'
import type { Claimed } from '../identity.ts'
import type { Provider } from '../provider.ts'
import { providerFailed } from '../refusals.ts'
import { addressOf, lineOf } from './claimed.ts'

/** Returns the API of github.com, or of an Enterprise Server. */
const apiOf = (issuer: string) =>
  issuer === 'https://github.com' ? 'https://api.github.com' : `${issuer}/api/v3`

/**
 * Finds the user of an access token of GitHub, which has no id_token.
 *
 * The subject is the numeric id, because a login is given to others once it is free. The address is only suggested.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findGitHubUser(
  provider: Provider,
  accessToken: string,
  bounds: Bounds,
): Promise<Claimed> {
  const api = apiOf(provider.issuer)
  const headers = {
    Authorization: `Bearer ${accessToken}`,
    Accept: 'application/vnd.github+json',
    'User-Agent': 'serverless-jwt-auth',
  }
  const [response, email] = await Promise.all([
    send(`${api}/user`, { headers }, bounds).catch(() => undefined),
    send(`${api}/user/emails`, { headers }, bounds)
      .then(primaryAddress)
      .catch(() => undefined),
  ])
  const { id, login } = response?.status === 200 ? await membersOf(response) : {}
  if (!Number.isSafeInteger(id)) {
    throw providerFailed(provider, 'the provider does not respond', `user_${response?.status ?? 'timeout'}`)
  }
  const label = lineOf(login) ?? String(id)
  const found = { issuer: provider.issuer, subject: String(id), label, isProven: false }
  return email === undefined ? found : { ...found, email }
}

/** Returns the verified address that a user prefers. An app may not have the right to see it. */
async function primaryAddress(response: Response): Promise<string | undefined> {
  const list: unknown = await response.json()
  const all = Array.isArray(list) ? list.map(Object) : []
  const primary = all.find(({ primary, verified }) => primary === true && verified === true)
  return addressOf(primary?.email)
}
