import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { inject } from 'vitest'
import { runProviders } from '../../federation/by-command.ts'
import { atEnd } from '../../support/at-end.ts'
import { startServer } from '../../verifiers/programs.ts'
import { newName, serviceUrl } from '../accounts.ts'
import { MAIL_DOMAIN } from '../identity-provider.ts'

// A provider here is a small program with a provider's library of others.

/** Number of users of a provider: one for each test that needs another one. */
const USERS = 4

/** A user of a provider. */
export interface ProviderUser {
  /** Id and username. It is free as a username at the service, too. */
  name: string
  address: string
  password: string
}

/** Returns the path of a program. */
export const programAt = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/**
 * Starts the program of a provider, and adds it to the service as an operator does. Its users have addresses at {@link MAIL_DOMAIN}.
 *
 * @param path - Of its issuer.
 */
export async function startProvider(command: string, parameters: readonly string[], path: string) {
  const id = `p${randomBytes(4).toString('hex')}`
  const name = `Provider ${id}`
  const secret = randomBytes(24).toString('base64url')
  const users = Array.from({ length: USERS }, newUser)
  const folder = mkdtempSync(join(tmpdir(), 'provider-'))
  atEnd(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'users.json')
  writeFileSync(file, JSON.stringify(Object.fromEntries(users.map((user) => [user.name, storedUser(user)]))))
  const { port, stop } = await startServer(command, () => parameters, {
    USERS: file,
    CLIENT: 'service',
    SECRET: secret,
    REDIRECT_URI: `${serviceUrl()}/signin/${id}`,
  })
  atEnd(stop)
  const origin = `http://127.0.0.1:${port}`
  const run = (args: readonly string[], input = '') => runProviders(inject('dynamoDbUrl'), args, input)
  const client = ['--client-id', 'service', '--name', name, '--mail-domains', MAIL_DOMAIN]
  await run(['add', id, '--kind', 'oidc', '--issuer', `${origin}${path}`, ...client], secret)
  atEnd(() => run(['remove', id, '--yes']))
  return {
    name,
    /** Origin of its pages. */
    origin,
    /** Returns a user that no other test has. */
    nextUser: (): ProviderUser => {
      const user = users.pop()
      if (user === undefined) throw new Error('the provider has no further users')
      return user
    },
    /** Replaces the secret that the service sends, by default with the correct one. */
    replaceSecret: (sent = secret) => run(['new-secret', id], sent),
    /** Leads a page of the service to the provider. */
    begin: (page: Page) => page.getByRole('button', { name: `Continue with ${name}` }).click(),
  }
}

function newUser(): ProviderUser {
  const { name } = newName()
  return { name, address: `${name}@${MAIL_DOMAIN}`, password: randomBytes(12).toString('base64url') }
}

/** Returns a user as the example of zitadel/oidc reads it from a file. */
const storedUser = ({ name, address, password }: ProviderUser) => ({
  ID: name,
  Username: name,
  Password: password,
  Email: address,
  EmailVerified: true,
})
