import { allow, type Deployment, ownArn, read, record } from '../aws/access.ts'
import { STORED_EVENT } from './store.ts'

/** Records events of users, only in the transaction of the change. */
export const recordEvents = record(['user#*'])

/** Records also the user who had a login name that is free again. */
export const recordFreedNames = record(['name#*'])

/** The events of users. The handlers make sure that users read only their own. */
export const readEvents = read(['user#*'], STORED_EVENT, 'Query', 'Events')

/** Puts events on the bus of the service, and on no other one. */
export const putEvents = ({ prefix }: Deployment) =>
  allow(['events:PutEvents'], [ownArn('events', `event-bus/${prefix}`)])
