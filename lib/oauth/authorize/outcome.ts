import { randomBytes, randomUUID } from 'node:crypto'
import { transact } from '../../aws/dynamodb.ts'
import type { At } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { byUser, eventOf, partitionOf } from '../../events/event.ts'
import { logEvent } from '../../log.ts'
import { notifyOfflineAccess } from '../../mail/request.ts'
import type { Presented } from '../../sessions/redeem.ts'
import { approvalCounter } from '../../throttling/counter.ts'
import { attemptIdOf, rejectIfRefused, reserveInTurn } from '../../throttling/store.ts'
import { type ByLanguage, byLanguage } from '../by-language.ts'
import type { Client } from '../clients/client.ts'
import { hostOf, isClientUrl } from '../clients/url-client.ts'
import { CODE_BYTES, timesOf } from '../codes/code.ts'
import { newCode } from '../codes/store.ts'
import { type App, approvalOf, consentedScopes, findApp, mayMail } from '../grants/app.ts'
import { entriesOf, type ShownScope } from '../scopes.ts'
import { type AuthorizationError, LOGIN_REQUIRED } from './error.ts'
import type { AuthorizationRequest } from './request.ts'
import {
  type Click,
  isOfScreen,
  type Place,
  placeOf,
  screenReasonOf,
  shownPlaceOf,
  shownScopesOf,
  withClickedScopes,
} from './screen.ts'
import { needsSignIn, signInOf, startOf } from './sign-in.ts'

/** The client of a request. One that is a URL has its host as `name`. */
export interface RequestClient extends Client {
  /** The name in the document of a client that is a URL. Anybody can write it. */
  claimedName?: string
}

/** An authorization request of a known client, and what the page knows about it. */
export interface Asked {
  client: RequestClient
  redirectUri: string
  request: AuthorizationRequest
  /** Subject of a verified `id_token_hint`. */
  hintedUserId?: string | undefined
  click?: Click | undefined
  lastUserId?: string | undefined
  start?: number | undefined
  /** Whether the request has an access token of the presented session; see `proof.ts`. */
  isProven: (presented: Presented) => Promise<boolean>
}

/** The next step of the page, if the client does not get its response yet. */
export type Step =
  | { next: 'refresh' }
  | { next: 'sign-in'; again: boolean; start: number; client: Named }
  | {
      next: 'screen'
      user: { sub: string; username: string }
      client: ShownClient & { id: string; claimedName?: string | undefined }
      scopes: ShownScope[]
    }

/** The name of a client. The page knows the language of its reader. */
interface Named {
  name: string
  /** The name in other languages. */
  names?: ByLanguage
}

/** Returns the name of a client, in all languages. */
const nameIn = ({ name, names }: Pick<Client, 'name' | 'names'>): Named => ({
  name,
  ...(names.length > 0 && { names: byLanguage(names) }),
})

/** A client as the page shows it. The `host` of one that is a URL is its name too. */
interface ShownClient extends Place, Named {
  host?: string
}

/** A code for the client, and the user whom it signs in. */
interface Issued {
  code: string
  userId: string
}

/** The outcome of a request: a step of the page, the error that the client gets, or its code. */
export type Outcome = Step | AuthorizationError | Issued

const errorOf = (error: string, description: string): AuthorizationError => ({ error, description })

/**
 * Decides a valid authorization request: returns the next step, an error, or a new code.
 *
 * @param presented - The session in the cookie, from a read of this request, or `undefined` without a live
 *   one.
 * @throws {@link ServiceError} `too_many_mails`, whose text fits every request, or `unavailable`.
 */
export async function outcomeOf(
  at: At<'MAILER'>,
  asked: Asked,
  presented: Presented | undefined,
): Promise<Outcome> {
  const { client, request, hintedUserId, start } = asked
  const isQuiet = request.prompts.includes('none')
  const signIn = presented && signInOf(presented.session)
  if (presented && needsRefresh(presented)) return { next: 'refresh' }
  const again = needsSignIn(request, signIn, start, at.now)
  if (presented === undefined || again) {
    return isQuiet ? LOGIN_REQUIRED : signInStep(client, again, startOf(signIn, at.now))
  }
  if (hintedUserId !== undefined && hintedUserId !== presented.user.id) return LOGIN_REQUIRED
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const app = await findApp(at.table, presented.user.id, client.id)
    const decided = await decide(at, asked, presented, app)
    if (decided) return decided
  }
  throw new ServiceError('unavailable', 'the app kept changing')
}

/** Returns the host of a client that is a URL. Nothing else about the client is certain. */
const hostIn = ({ id }: Client): { host?: string } => (isClientUrl(id) ? { host: hostOf(id) } : {})

/** Returns what the page shows of a client. @param redirectUri - Where the request leads. */
export const shownClientOf = (client: Client, redirectUri: string): ShownClient => ({
  ...nameIn(client),
  ...shownPlaceOf(redirectUri),
  ...hostIn(client),
})

/** Length of the random generation of a new app. */
const GENERATION_BYTES = 6

/** Whether the page must refresh the session first: the refresh detects the reuse. */
export const needsRefresh = ({ state }: Presented): boolean => state === 'reused'

/** Returns the step in which the user signs in. */
export const signInStep = (client: Client, again: boolean, start: number): Step => ({
  next: 'sign-in',
  again,
  start,
  client: nameIn(client),
})

/** Returns the screen, an error or a code. Returns `undefined` if the app has changed since it was read. */
async function decide(
  at: At<'MAILER'>,
  asked: Asked,
  presented: Presented,
  app: App | undefined,
): Promise<Outcome | undefined> {
  const { client, lastUserId, click, redirectUri } = asked
  const { user } = presented
  const request = withClickedScopes(asked.request, { client, app })
  if (request.scopes.length === 0) return errorOf('consent_required', 'The user must consent.')
  const reason = screenReasonOf({ client, request, redirectUri, app, user, lastUserId })
  const isQuiet = request.prompts.includes('none')
  if (reason && isQuiet) return errorOf(reason, 'The user must see a screen.')
  const isClicked = !isQuiet && click !== undefined
  if (isClicked ? !isOfScreen(click, { user, request }) : reason) {
    return {
      next: 'screen',
      user: { sub: user.id, username: user.username },
      client: { id: client.id, claimedName: client.claimedName, ...shownClientOf(client, redirectUri) },
      scopes: shownScopesOf(request),
    }
  }
  if (!(await asked.isProven(presented))) return { next: 'refresh' }
  await reserveApproval(at, user.id)
  return issueCode(at, { ...asked, request, isClicked }, presented, app)
}

/**
 * Stores the app and a new code in one transaction. Returns `undefined` if the app has changed since it was
 * read.
 */
async function issueCode(
  at: At<'MAILER'>,
  { client, request, redirectUri, isClicked }: Asked & { isClicked: boolean },
  { user, session }: Presented,
  app: App | undefined,
): Promise<Issued | undefined> {
  const { table, now } = at
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const generation = randomBytes(GENERATION_BYTES).readUIntBE(0, GENERATION_BYTES)
  const scopes = isClicked ? entriesOf(request.scopes, request.api) : undefined
  const isFirst = !consentedScopes(app, client).includes('offline_access')
  const isMailed = isFirst && scopes?.includes('offline_access') === true && mayMail(app, now)
  const approval = { userId: user.id, client, clientName: client.claimedName, scopes, isMailed, generation }
  const { appGeneration, write } = approvalOf(app, approval, now)
  const stored = {
    clientId: client.id,
    clientGeneration: client.generation,
    redirectUri,
    challenge: request.challenge,
    nonce: request.nonce,
    scope: request.scopes.join(' '),
    resource: request.api?.identifier,
    userId: user.id,
    sessionGeneration: user.sessionGeneration,
    appGeneration,
    ...signInOf(session),
    ...timesOf(now),
  }
  const consent = { type: 'consent.given', subject: partitionOf(user.id), session: session.id } as const
  const events = isClicked ? [eventOf(table, byUser(at, user.id), { ...consent, ref: client.id })] : []
  if (await transact(table, [write, newCode(code, stored), ...events])) return undefined
  const about = { userId: user.id, clientId: client.id, sessionId: session.id }
  if (isClicked) logEvent('info', { event: 'consent.given', ...about })
  logEvent('info', { event: 'code.issued', ...about })
  if (isMailed) {
    const { name, host = placeOf(redirectUri) } = shownClientOf(client, redirectUri)
    await notifyOfflineAccess(at, user.id, { name, place: host })
  }
  return { code, userId: user.id }
}

/** Counts a code for a user. @throws {@link ServiceError} `too_many_mails`, or `unavailable`. */
async function reserveApproval({ table, now }: At, userId: string): Promise<void> {
  const id = attemptIdOf(randomUUID())
  const reservation = await reserveInTurn({ ...table, reserved: [] }, [approvalCounter(userId, now)], id, now)
  const details = { log: { userId }, event: 'approval.throttled' }
  rejectIfRefused(reservation, 'too_many_mails', 'too many approvals', details)
}
