import { rightsOf } from '../../application/permissions.ts'
import { ROLES } from '../../application/roles.ts'
import { ADMIN_SCHEMAS, type AdminSchema } from '../admin-schemas.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { CONSOLE_PAGES } from './console-pages.ts'

const adminRef = (name: AdminSchema) => ({ $ref: `#/components/schemas/${name}` })

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

/** The routes of the console's API that change nothing. */
export const ADMIN_ROUTES: Route[] = [
  {
    ...ADMIN_ROUTE,
    method: 'get',
    path: '/admin-api/me',
    function: 'admin-read',
    operationId: 'getOperator',
    summary: 'Get the operator',
    description: 'Returns who is signed in, and what this user may do with the accounts of others.',
    parameters: [OPERATOR],
    response: {
      description: 'The operator.',
      content: json(adminRef('Operator'), {
        id: OPERATOR.example,
        username: 'admin',
        role: 'admin',
        ...rightsOf('admin'),
        roles: ROLES,
      }),
    },
    problems: ['invalid_token', 'no_rights', 'step_up', 'other_session', 'session_changed'],
  },
]

/** What the API description has in addition with `console=on`. */
export const ADMIN = { routes: [...ADMIN_ROUTES, ...CONSOLE_PAGES], schemas: ADMIN_SCHEMAS }
