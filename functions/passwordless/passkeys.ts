import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as rename } from '../passkeys/rename.ts'
import { route as list } from './list-passkeys.ts'

/** The routes of `functions/passkeys/passkeys.ts` with `mailSignIn=on`. */
export const handler = tableHandler(
  ['RP_ID'],
  byRoute({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename }),
)
