import { identityIdOf } from '../../../lib/federation/identity.ts'
import { addProvider, giveIdentity, inBrowser, startWaiting } from '../../federation/identities.ts'
import { bodyOf } from '../../support/users/factors.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import type { Scene } from './scene.ts'

// Changes of the identities of a user at providers.

const currentPassword = PASSWORD

/** Gives the user an identity at a provider, and returns its id. */
export const identityFor = async ({ service, userId }: Pick<Scene, 'service' | 'userId'>): Promise<string> =>
  identityIdOf(await giveIdentity(service.table, { id: userId }, { subject: 'ada' }))

/** Adds an identity, as the page `/account` does. */
export async function addIdentity({ service, userId, this: { authToken: token } }: Scene): Promise<void> {
  const provider = await addProvider(service.table)
  const { identityToken, key } = await startWaiting(service.table, provider, { userId })
  const asking = { token, headers: inBrowser(key), body: { identityToken, currentPassword } }
  bodyOf(await service.functions.ask('POST /identities', asking), 204)
  await service.settled()
}

/** Removes an identity, as the page `/account` does. */
export async function removeIdentity(scene: Scene): Promise<void> {
  const asking = {
    token: scene.this.authToken,
    id: await identityFor(scene),
    body: { currentPassword },
  }
  bodyOf(await scene.service.functions.ask('DELETE /identities/{id}', asking), 204)
  await scene.service.settled()
}
