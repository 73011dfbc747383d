import type { Table } from '../../lib/aws/dynamodb.ts'
import { changeApi, createApi, findApis } from '../../lib/oauth/apis/store.ts'
import { entryOf } from '../../lib/oauth/scopes.ts'
import { httpApiRoutes } from '../../plugins/routes/http-api.ts'
import { scopedRoutes, scopesIn } from '../../plugins/routes/scopes.ts'
import type { ServiceDescription } from '../support/process/service-description.ts'
import { testAct } from '../support/users/users.ts'
import { addApi, addClient, SECRET, testApi } from './clients.ts'

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
  'draft-note': { handler: 'notes.handler', scopes: ['notes:write'], events: [http('any', 'drafts')] },
}

const httpApi = (method: string, path: string) => ({ httpApi: { method, path, authorizer: 'auth' } })

/** Functions at an HTTP API: the same, one for every user, and those of a role. */
export const HTTP_NOTES = {
  'list-notes': { handler: 'notes.handler', scopes: ['notes:read'], events: [httpApi('get', '/notes')] },
  'read-note': { handler: 'notes.handler', scopes: ['notes:read'], events: [httpApi('get', '/notes/{id}')] },
  'write-note': {
    handler: 'notes.handler',
    scopes: ['notes:write'],
    events: [httpApi('*', '/drafts/{proxy+}')],
  },
  'share-note': {
    handler: 'notes.handler',
    scopes: ['notes:read', 'notes:write'],
    events: [httpApi('delete', '/shares')],
  },
  mine: { handler: 'notes.handler', events: [httpApi('get', '/mine')] },
  staff: { handler: 'notes.handler', role: 'admin', events: [httpApi('get', '/staff'), httpApi('*', '*')] },
}

/** Identifier of the API: `PUBLIC_URL` of the service. */
const IDENTIFIER = 'https://issuer.example'

/** Returns a service with {@link NOTES}. */
export function withNotes<S extends Pick<ServiceDescription, 'functions'>>(service: S): S {
  const { authorizer, ...others } = service.functions
  const environment = {
    ...authorizer?.environment,
    SCOPED_ROUTES: scopedRoutes(NOTES),
    HTTP_API_ROUTES: httpApiRoutes(HTTP_NOTES),
  }
  return { ...service, functions: { ...others, authorizer: { ...authorizer, environment } } }
}

/** Stores the API, with the scopes of {@link NOTES} and one that no route demands. */
export const addNotesApi = (table: Table, identifier = IDENTIFIER) =>
  addApi(table, {
    identifier,
    urlClients: true,
    name: 'Notes',
    scopes: [...scopesIn(NOTES), 'notes:unused'].map((name) => ({ name, sentence: `Use ${name}` })),
  })

/**
 * Gives the API of a running service scopes, and stores a machine that may have them.
 *
 * @returns A function that gets a token of the machine.
 */
export async function addMachineOf(url: string, table: Table, id: string, names: readonly string[]) {
  await addScopes(url, table, names)
  const scopes = names.map((name) => entryOf({ identifier: url }, name))
  await addClient(table, { id, type: 'machine', redirectUris: [], scopes })
  return async (scope: string): Promise<string> => {
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: SECRET, scope }
    const response = await fetch(`${url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    return Object(await response.json()).access_token
  }
}

/** Test files of one service may do this at the same time. */
async function addScopes(url: string, table: Table, names: readonly string[]): Promise<void> {
  const added = names.map((name) => ({ name, sentence: `Use ${name}` }))
  const [api] = await findApis(table, [url])
  const known = api?.scopes.filter(({ name }) => !names.includes(name)) ?? []
  const outcome =
    api === undefined
      ? await createApi(table, testApi({ identifier: url, name: 'Own', scopes: added }), testAct())
      : await changeApi(table, api, { scopes: [...known, ...added] }, testAct())
  if (outcome === 'changed') await addScopes(url, table, names)
}

/** Returns what a client stores of scopes of the API. */
export const notesScopes = (...names: string[]) =>
  names.map((name) => entryOf({ identifier: IDENTIFIER }, name))
