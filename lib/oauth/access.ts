import { read, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { API } from './apis/api.ts'
import { CLIENT } from './clients/client.ts'
import { CODE } from './codes/code.ts'
import { APP } from './grants/app.ts'

/** Clients, without their secrets. */
export const readClients = read(['client#*'], namesOf(CLIENT))

/** APIs that clients have scopes of. */
export const readApis = read(['api#*'], namesOf(API))

/** What users have consented to. */
export const readApprovals = read(['grants#*'], namesOf(APP))

/** Stores what a user consents to, in the transaction that stores a code. */
export const storeApprovals = writeTogether(
  ['PutItem', 'UpdateItem', 'ConditionCheckItem'],
  ['grants#*'],
  namesOf(APP),
)

/** Stores a code. It can change none. */
export const storeCodes = writeTogether(
  ['PutItem'],
  ['code#*'],
  namesOf(CODE).filter((name) => name !== 'spentBy'),
)
