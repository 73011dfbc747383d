import type { Provider } from '../../../../lib/federation/provider.ts'
import { parsed } from '../../../cli/files/json.ts'
import type { ImportedIdentity } from '../belongings/identities.ts'
import { mapValues, readMapping } from '../mapping.ts'
import type { PoolUser } from './pool-file.ts'

/** A provider of the pool whose identity is left out. */
export interface LeftOut {
  name: string
  isSaml: boolean
}

/** Characters of a subject that stand for a user without an address. */
const SUBJECT_END = 6

const DATES = readMapping('createdAt=dateCreated')

/**
 * Reads the identities at providers of a user: the attribute `identities` is a list, as JSON in a text. Its `userId` is the `sub` that the
 * provider gave to Cognito.
 *
 * @param providers - By their names in the pool.
 */
export function poolIdentities(
  user: PoolUser,
  { identities, email }: Record<string, string | undefined>,
  providers: ReadonlyMap<string, Provider>,
): { identities: ImportedIdentity[]; leftOut: LeftOut[] } {
  const list: unknown = parsed(identities ?? '[]')
  const found: ImportedIdentity[] = []
  const leftOut: LeftOut[] = []
  for (const one of Array.isArray(list) ? list : []) {
    const { userId, providerName, providerType } = Object(one)
    const provider = providers.get(providerName)
    if (provider === undefined || providerType === 'SAML') {
      leftOut.push({ name: String(providerName), isSaml: providerType === 'SAML' })
      continue
    }
    const subject = String(userId)
    const times = [mapValues(DATES, Object(one)), mapValues(DATES, { dateCreated: user.UserCreateDate })]
    const createdAt = String(times.find(({ createdAt }) => createdAt !== undefined)?.createdAt)
    const label = email ?? `…${subject.slice(-SUBJECT_END)}`
    found.push({ provider: provider.id, issuer: provider.issuer, subject, label, createdAt })
  }
  return { identities: found, leftOut }
}
