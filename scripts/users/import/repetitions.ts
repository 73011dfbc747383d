import { identityIdOf } from '../../../lib/federation/identity.ts'
import { loginNamesOf } from '../../../lib/users/user.ts'
import type { NewAccount } from './new-account.ts'

/**
 * Creates a function that returns the fault of a line with a login name, an id or an identity of an earlier line, or with the
 * `externalId` of one whose password is at an old place too. The lines are added
 * at the same time, so the table does not show which line was first.
 */
export function findRepetitions() {
  const lineOf = new Map<string, number>()
  const earlier = (key: string, line: number) => {
    const found = lineOf.get(key)
    if (found === undefined) lineOf.set(key, line)
    return found
  }
  return (
    { values: { id, externalId, passwordFrom, ...names }, identities = [] }: NewAccount,
    line: number,
  ): { fault: string } | undefined => {
    const sameUsername = earlier(`username ${names.username}`, line)
    const sameEmail = names.email === undefined ? undefined : earlier(`email ${names.email}`, line)
    const [sameName] = loginNamesOf(names).flatMap((name) => earlier(`name ${name}`, line) ?? [])
    const sameId = id === undefined ? undefined : earlier(`id ${id}`, line)
    // The old place says with this id who has signed in.
    const sameExternalId = passwordFrom === undefined ? undefined : earlier(`externalId ${externalId}`, line)
    if (sameUsername !== undefined) return { fault: `Same username as line ${sameUsername}.` }
    if (sameEmail !== undefined) return { fault: `Same e-mail address as line ${sameEmail}.` }
    if (sameName !== undefined) return { fault: `Same login name as line ${sameName}.` }
    if (sameId !== undefined) return { fault: `Same id as line ${sameId}.` }
    if (sameExternalId !== undefined) return { fault: `Same externalId as line ${sameExternalId}.` }
    const [sameIdentity] = identities.flatMap((one) => earlier(`identity ${identityIdOf(one)}`, line) ?? [])
    return sameIdentity === undefined ? undefined : { fault: `Same identity as line ${sameIdentity}.` }
  }
}
