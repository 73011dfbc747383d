import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'

/** The routes of sign-in with other identity providers. */
export const FEDERATION_ROUTES: Route[] = [
  {
    method: 'get',
    path: '/providers',
    function: 'federation',
    operationId: 'listProviders',
    tag: 'Sessions',
    needs: 'federation',
    summary: 'List the identity providers',
    description: 'Returns the identity providers that users can sign in with.',
    response: {
      description: 'The identity providers.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('Providers'), {
        providers: [{ id: 'google', name: 'Google', kind: 'google' }],
      }),
    },
  },
]
