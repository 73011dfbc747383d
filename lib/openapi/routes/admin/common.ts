import type { AdminSchema } from '../../admin/schemas.ts'
import type { Route } from '../../route.ts'

/** Returns a reference to a schema of the console's API. */
export const adminRef = (name: AdminSchema) => ({ $ref: `#/components/schemas/${name}` })

/** What the routes of the console's API have in common. */
export const ADMIN_ROUTE = {
  gatewayPath: '/admin-api/{proxy+}',
  tag: 'Admin',
  needs: 'console',
  cookie: 'needs',
} as const satisfies Partial<Route>

/** The header with the user whom the page shows. */
export const OPERATOR = {
  name: 'Operator',
  in: 'header',
  required: true,
  description: 'Id of the user whom the page shows. With the session of another user, the response is a 409.',
  schema: { type: 'string' },
  example: 'cYxlAFw2HYRPTUKRI4_xmA',
}
