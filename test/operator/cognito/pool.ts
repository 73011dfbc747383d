import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/process/operator.ts'

/** A user as `aws cognito-idp list-users` prints one, in the spelling of the second version of the command line. */
export function poolUser(Username: string, attributes: Record<string, string>, more: object = {}) {
  const named = { sub: subOf(Username), ...attributes }
  return {
    Username,
    Attributes: Object.entries(named).map(([Name, Value]) => ({ Name, Value })),
    UserCreateDate: '2024-01-31T12:00:00.123000+00:00',
    UserLastModifiedDate: '2024-02-01T12:00:00.123000+00:00',
    Enabled: true,
    UserStatus: 'CONFIRMED',
    ...more,
  }
}

/** A user of an identity provider, as Cognito stores the first sign-in. */
export const socialUser = (name: string, type: string, userId: string, attributes: Record<string, string>) =>
  poolUser(
    `${name.toLowerCase()}_${userId}`,
    { ...attributes, identities: JSON.stringify([identityAt(name, type, userId)]) },
    { UserStatus: 'EXTERNAL_PROVIDER' },
  )

/** An element of the attribute `identities`. */
export const identityAt = (providerName: string, providerType: string, userId: string) => ({
  userId,
  providerName,
  providerType,
  issuer: null,
  primary: true,
  dateCreated: 1_706_702_400_000,
})

/** The `sub` of a user of {@link poolUser}. */
export const subOf = (username: string) => `00000000-0000-4000-8000-${hash('sha256', username).slice(0, 12)}`

/** The `Username` that a pool of addresses generates: it is the `sub`. */
export const generated = (number: number) => `7a5f0c0e-1111-4222-8333-00000000000${number}`

/** Returns pages as the command line prints them, one after the other. */
export const pagesOf = (...pages: object[][]) =>
  pages.map((Users) => `${JSON.stringify({ Users }, null, 4)}\n`).join('')

/** Writes a file of a test. */
export function fileOf(name: string, content: string | Buffer): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, content)
  return file
}
