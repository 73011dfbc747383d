import { check, read, writeTogether } from '../../aws/access.ts'
import { namesOf } from '../../aws/item.ts'
import { ACT, ACT_USER } from './act.ts'
import { DECIDING } from './live-act.ts'

/** What the token of an operator who acts as a user depends on. */
export const readActSources = read(['user#*'], DECIDING)

/** The user of an act that begins, and where its notice goes. */
export const readActUsers = read(['user#*'], ACT_USER)

/** Codes with which operators begin to act as users. The key is the hash of the code. */
export const readActs = read(['act#*'], namesOf(ACT))

/** Stores such a code, in the transaction that adds its event. */
export const storeActs = writeTogether(['PutItem'], ['act#*'], namesOf(ACT))

/** Spends such a code, in the transaction that checks all it depends on. */
export const spendActs = writeTogether(['DeleteItem'], ['act#*'], [])

/** Checks that user, operator and session are unchanged, in these transactions. */
export const checkActSources = check(['user#*'], ['generation', 'disabled', 'secretHash', 'role'])
