import type { Table } from '../../lib/aws/dynamodb.ts'
import { entryOf } from '../../lib/oauth/scopes.ts'
import { scopedRoutes, scopesIn } from '../../plugins/functions/scopes.ts'
import type { ServiceDescription } from '../support/service-description.ts'
import { addApi } from './clients.ts'

// The service's own API for clients. The service has no route with scopes, so tests add some.

const http = (method: string, path: string) => ({ http: { method, path, authorizer: 'auth' } })

/** Functions with scopes, as they are written in `serverless.yml`. */
export const NOTES = {
  'list-notes': { handler: 'notes.handler', scopes: ['notes:read'], events: [http('get', 'notes')] },
  'read-note': { handler: 'notes.handler', scopes: ['notes:read'], events: [http('get', 'notes/{id}')] },
  'write-note': {
    handler: 'notes.handler',
    scopes: ['notes:write'],
    events: [http('post', 'notes'), http('put', 'notes/{id}')],
  },
  'share-note': {
    handler: 'notes.handler',
    scopes: ['notes:read', 'notes:write'],
    events: [http('delete', 'shares')],
  },
}

/** Identifier of the API: `PUBLIC_URL` of the service. */
const IDENTIFIER = 'https://issuer.example'

/** Returns a service with {@link NOTES}. */
export function withNotes<S extends Pick<ServiceDescription, 'functions'>>(service: S): S {
  const { authorizer, ...others } = service.functions
  const environment = { ...authorizer?.environment, SCOPED_ROUTES: scopedRoutes(NOTES) }
  return { ...service, functions: { ...others, authorizer: { ...authorizer, environment } } }
}

/** Stores the API, with the scopes of {@link NOTES} and one that no route demands. */
export const addNotesApi = (table: Table) =>
  addApi(table, {
    identifier: IDENTIFIER,
    name: 'Notes',
    scopes: [...scopesIn(NOTES), 'notes:unused'].map((name) => ({ name, sentence: `Use ${name}` })),
  })

/** Returns what a client stores of scopes of the API. */
export const notesScopes = (...names: string[]) =>
  names.map((name) => entryOf({ identifier: IDENTIFIER }, name))
