import { read, record } from '../aws/access.ts'
import { STORED_EVENT } from './store.ts'

/** Records what happens to users, only in the transaction that does it. */
export const recordEvents = record(['user#*'])

/** Records also who had a login name that is free again. */
export const recordFreedNames = record(['name#*'])

/** The events of users. That a user reads only the user's own is shown by the calls. */
export const readEvents = read(['user#*'], STORED_EVENT, 'Query', 'Events')
