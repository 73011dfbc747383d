import { CHANGER } from '../../lib/http/operators/changer.ts'
import { bySharedPath } from '../../lib/http/shared-path.ts'
import { reservingHandler } from '../../lib/http/table.ts'
import { route as endGrant } from './changes/end-grant.ts'
import { route as endSession } from './changes/end-session.ts'
import { route as endSessions } from './changes/end-sessions.ts'
import { route as reset } from './changes/reset.ts'
import { route as resetFactors } from './changes/reset-factors.ts'
import { route as setDisabled } from './changes/set-disabled.ts'

export const SETTINGS = CHANGER

/** The changes that give no user anything. */
export const route = bySharedPath({
  'PATCH /admin-api/users/{id}': setDisabled,
  'POST /admin-api/users/{id}/sessions/end': endSessions,
  'POST /admin-api/users/{id}/sessions/{sid}/end': endSession,
  'POST /admin-api/users/{id}/grants/{gid}/end': endGrant,
  'POST /admin-api/users/{id}/reset': reset,
  'POST /admin-api/users/{id}/factors/reset': resetFactors,
})

export const handler = reservingHandler(SETTINGS, route)
