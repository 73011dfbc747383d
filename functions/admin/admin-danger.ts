import { CHANGER } from '../../lib/http/operators/changer.ts'
import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as invite } from './changes/invite.ts'
import { route as remove } from './changes/remove.ts'
import { route as removeFactors } from './changes/remove-factors.ts'
import { route as setAttributes } from './changes/set-attributes.ts'
import { route as setNames } from './changes/set-names.ts'
import { route as setRole } from './changes/set-role.ts'

export const SETTINGS = [...CHANGER, 'REGISTRATION'] as const

/** The changes that give a user something, or cannot be undone. */
export const route = bySharedPath({
  'PUT /admin-api/invitations': invite,
  'PUT /admin-api/users/{id}/role': setRole,
  'PUT /admin-api/users/{id}/names': setNames,
  'PUT /admin-api/users/{id}/attributes': setAttributes,
  'DELETE /admin-api/users/{id}': remove,
  'DELETE /admin-api/users/{id}/factors': removeFactors,
})

export const handler = reservingHandler(SETTINGS, route)
