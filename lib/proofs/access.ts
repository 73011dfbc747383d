import { read, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { CHANGE_TOKEN } from './change-token.ts'

/** Stores the proof of a change, in the transaction that spends what proved it. */
export const storeChangeTokens = writeTogether(['PutItem'], ['change#*'], namesOf(CHANGE_TOKEN))

/** Finds proofs of changes, and spends them in the transaction of the change. */
export const readChangeTokens = read(['change#*'], namesOf(CHANGE_TOKEN))
export const spendChangeTokens = writeTogether(['DeleteItem'], ['change#*'], ['expiresAt'])
