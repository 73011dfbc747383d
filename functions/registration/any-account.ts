import { reservingHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { route as createAccount } from './create-account.ts'

const SETTINGS = [...SIGN_INS, 'BREACHED_PASSWORDS', 'REQUIRE_SECOND_FACTOR', 'RP_ID', 'RP_ORIGINS'] as const

/** The route of `new-account.ts` with `mailSignIn=on`: an account may have a passkey in place of a password, or neither. */
export const handler = reservingHandler(SETTINGS, createAccount)
