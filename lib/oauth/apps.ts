import { batchesOf } from '../aws/batches.ts'
import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { Session } from '../sessions/session.ts'
import { findSessions } from '../sessions/store.ts'
import { isoOf } from '../time.ts'
import type { UserState } from '../users/user.ts'
import { findApis } from './apis/store.ts'
import { asShown, maySkipScreen, placeOf } from './authorize/screen.ts'
import { type ByLanguage, byLanguage } from './by-language.ts'
import type { Client } from './clients/client.ts'
import { findClients } from './clients/store.ts'
import { hostOf, isClientUrl } from './clients/url-client.ts'
import { type App, appIdOf, consentedScopes } from './grants/app.ts'
import { shownUseOf } from './grants/grant.ts'
import { findAllowed, type ListedGrant } from './grants/list.ts'
import { hasLiveSources } from './grants/live.ts'
import { identifiersOf, type ShownScope, scopeIn, scopesOf, shownScopeOf } from './scopes.ts'

/** An app as its user sees it. Times are ISO 8601. */
interface AppSummary {
  id: string
  name: string
  /** The name in other languages. */
  names?: ByLanguage
  type: Client['type']
  /** Where its codes go: hosts, or schemes of apps on a device. If the client is a URL: its host. */
  places: string[]
  scopes: ShownScope[]
  /** Whether it keeps access when the session ends. */
  offline: boolean
  approvedAt: string
  /** Rounded to the hour, like that of sessions. Missing without a live grant. */
  lastUsedAt?: string | undefined
}

/** The stored apps and grants of a user. */
interface Allowed {
  apps: App[]
  grants: ListedGrant[]
  /** The newest 1,000 sessions. Grants without `offline_access` depend on them. */
  sessions: Session[]
  withoutGrants: string[]
}

/**
 * Finds what a user allows apps, with consistent reads.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findWhatAppsMay(table: Table, userId: string, now: Date): Promise<Allowed> {
  const [allowed, { sessions, withoutGrants }] = await together([
    findAllowed(table, userId, now),
    findSessions(table, userId),
  ])
  return { ...allowed, sessions, withoutGrants }
}

/**
 * Returns the apps that have access now, or get it at the next sign-in without a question, sorted by name.
 *
 * @param user - From a read of this request.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function appsOf(
  table: Table,
  user: UserState,
  { apps, ...allowed }: Allowed,
  now: Date,
): Promise<AppSummary[]> {
  const clients = await findClients(
    table,
    apps.map(({ clientId }) => clientId),
  )
  // The entries of an app name the APIs of a client that is a URL.
  const identifiers = [...new Set([...clients, ...apps].flatMap(identifiersOf))]
  const apis = (await together(batchesOf(identifiers).map((batch) => findApis(table, batch)))).flat()
  const summaries = apps.flatMap((app) => {
    const client = clients.find(({ id }) => id === app.clientId)
    if (client === undefined) return []
    const owners = scopesOf(client, apis)
    const grants = allowed.grants.filter((grant) => {
      const session = allowed.sessions.find(({ id }) => id === grant.sessionId)
      const hasEndedGrants = allowed.withoutGrants.includes(grant.sessionId)
      const isOffline = grant.offline && owners.has('offline_access')
      const isOfClient = grant.clientId === client.id
      return (
        isOfClient && hasLiveSources(grant, { client, app, user, session, hasEndedGrants }, isOffline, now)
      )
    })
    const names = [
      ...scopesWithoutScreen(app, client).map((entry) => scopeIn(entry).scope),
      ...grants.flatMap(({ scope }) => scope.split(' ')),
    ]
    // The client gets no token for a scope that it has lost.
    const scopes = asShown([...new Set(names)].filter((name) => owners.has(name)).sort())
    if (scopes.length === 0) return []
    const shown = scopes.map((name) => shownScopeOf(name, owners.get(name)))
    return [summaryOf({ app, client, grants, scopes: shown }, now)]
  })
  return summaries.sort((a, b) => a.name.localeCompare(b.name))
}

/** Returns the entries of the scopes that a client gets at the next sign-in without a screen. */
function scopesWithoutScreen(app: App, client: Client): string[] {
  if (!maySkipScreen(client)) return []
  const consented = consentedScopes(app, client)
  const isFree = client.firstParty && app.revokedAt === undefined
  return client.scopes.filter((entry) => consented.includes(entry) || (isFree && entry !== 'offline_access'))
}

interface Shown extends Pick<AppSummary, 'scopes'> {
  app: App
  client: Client
  grants: ListedGrant[]
}

function summaryOf({ app, client, grants, scopes }: Shown, now: Date): AppSummary {
  const uses = grants.map((grant) => shownUseOf(grant, now))
  return {
    id: appIdOf(client.id),
    name: app.clientName ?? client.name,
    ...(client.names.length > 0 && { names: byLanguage(client.names) }),
    type: client.type,
    places: isClientUrl(client.id)
      ? [hostOf(client.id)]
      : [...new Set(client.redirectUris.map(placeOf))].sort(),
    scopes,
    offline: grants.some(({ offline }) => offline) && scopes.some(({ name }) => name === 'offline_access'),
    approvedAt: isoOf(app.createdAt),
    lastUsedAt: uses.length > 0 ? isoOf(Math.max(...uses)) : undefined,
  }
}
