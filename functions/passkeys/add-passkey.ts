import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as enrolPasskey } from '../enrolment/passkey.ts'
import { route as add } from './add.ts'

export const SETTINGS = [
  ...SIGN_INS,
  'RP_ID',
  'RP_ORIGINS',
  'NOTIFY_NEW_SOURCE',
  'REQUIRE_SECOND_FACTOR',
  'MAILER',
] as const

/** The routes that verify a new passkey. */
export const route = byRoute({
  'POST /passkeys': add,
  'POST /enrolment/passkey': enrolPasskey,
})

export const handler = tableHandler(SETTINGS, route)
