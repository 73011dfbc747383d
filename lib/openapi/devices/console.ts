import { ADMIN } from '../routes/admin.ts'
import { DEVICES } from './routes.ts'
import { DEVICE_BOUND } from './schemas.ts'

const { SessionsOfUser } = ADMIN.schemas
const { sessions } = SessionsOfUser.properties
const { items } = sessions

/** What the API description has in addition with `deviceBoundSessions` and `console=on`. */
export const DEVICES_AND_ADMIN = {
  routes: [...DEVICES.routes, ...ADMIN.routes],
  schemas: {
    ...DEVICES.schemas,
    ...ADMIN.schemas,
    SessionsOfUser: {
      ...SessionsOfUser,
      properties: {
        ...SessionsOfUser.properties,
        sessions: { ...sessions, items: { ...items, properties: { ...items.properties, ...DEVICE_BOUND } } },
      },
    },
  },
  headers: { ...DEVICES.headers, ...ADMIN.headers },
  change: DEVICES.change,
}
