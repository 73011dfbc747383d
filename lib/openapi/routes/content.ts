import { FIRST_ROLE, ROLES } from '../../application/roles.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'

const content = (message: string, username: string) =>
  json(schemaRef('Content'), { message, username, role: username })

/**
 * What the description says of routes of `serverless.yml`. A route has a row if it is to have more than method and path. The plugin knows
 * who may use it.
 */
export const CONTENT_ROUTES: Route[] = [
  {
    method: 'get',
    path: '/',
    operationId: 'getUserContent',
    summary: 'Get content for every signed-in user',
    response: {
      description: 'The content.',
      content: content('This content for authorised users only.', FIRST_ROLE),
    },
  },
  {
    method: 'get',
    path: '/admin',
    operationId: 'getAdminContent',
    summary: 'Get content for administrators',
    response: {
      description: 'The content.',
      content: content('Admin only content.', ROLES.at(-1) ?? FIRST_ROLE),
    },
  },
]
