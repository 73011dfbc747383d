import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { isPasskeyId } from '../../lib/factors/passkeys/passkey.ts'
import { renamePasskey } from '../../lib/factors/passkeys/store.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { PasskeyChange } from '../../lib/http/schemas/passkeys.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findRevocationState } from '../../lib/users/store.ts'

/** PATCH /passkeys/{id}: renames one of the caller's passkeys. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const { name } = readBody(event, PasskeyChange)
  const id = event.pathParameters?.id
  if (!isPasskeyId(id)) throw new ServiceError('not_found', 'not the id of a passkey')
  requireUnrevoked(generation, await findRevocationState(table, userId))
  // The key contains the caller's id, so the caller cannot rename another user's passkey.
  if (!(await renamePasskey(table, userId, id, name))) throw new ServiceError('not_found', 'no such passkey')
  return noContent()
}
