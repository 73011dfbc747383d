import { rightsOf } from '../../application/permissions.ts'
import { FIRST_ROLE, isAdministrator, ROLES } from '../../application/roles.ts'
import { ADMIN_HEADERS, ADMIN_SCHEMAS } from '../admin/schemas.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { ACT_ROUTES } from './admin/act-as.ts'
import { ADMIN_CHANGE_ROUTES } from './admin/changes.ts'
import { ADMIN_ROUTE, adminRef, OPERATOR } from './admin/common.ts'
import { ADMIN_READ_ROUTES } from './admin/reads.ts'
import { CONSOLE_PAGES } from './console-pages.ts'

const ADMINISTRATOR = ROLES.find(isAdministrator) ?? FIRST_ROLE

/** The routes of the console's API. */
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
        username: 'grace',
        role: ADMINISTRATOR,
        ...rightsOf(ADMINISTRATOR),
        roles: ROLES,
        attributes: [],
        actAs: { origins: ['https://app.example.com'], roles: [FIRST_ROLE] },
      }),
    },
    problems: ['invalid_token', 'no_rights', 'work_sign_in', 'other_session', 'session_changed'],
  },
  ...ADMIN_READ_ROUTES,
  ...ACT_ROUTES,
  ...ADMIN_CHANGE_ROUTES,
]

/** What the API description has in addition with `console=on`. */
export const ADMIN = {
  routes: [...ADMIN_ROUTES, ...CONSOLE_PAGES],
  schemas: ADMIN_SCHEMAS,
  headers: ADMIN_HEADERS,
}
