import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as list } from './list-own.ts'
import { route as rename } from './rename.ts'

/** The routes of `passkeys.ts` with `mailSignIn=on`. */
export const handler = tableHandler(
  ['RP_ID'],
  byRoute({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename }),
)
