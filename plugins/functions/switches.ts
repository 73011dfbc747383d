import type { AuthMembers, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { ownershipOf, serviceFunctions } from '../project/ownership.ts'
import { reject } from '../reject.ts'

const PAGES = ['docs', 'signin', 'account-pages', 'authorize']
const MAIL = ['mailer', 'mail-requests', 'reset', 'change-email', 'confirm-email', 'account-pages']
const OAUTH = ['approve', 'authorize', 'token', 'fetch-client']
/** What `approve` may do for apps that are not registered. */
const FOR_URLS = ['readDocuments', 'invokeClientFetcher']
/** What `userinfo` and `sessions` may do for apps, which have no access without OAuth. */
const FOR_APPS = ['readClients', 'readApis', 'readGrants', 'readGrantSources', 'readApprovals', 'revokeApps']
/** What `logout` may do for sign-outs that apps ask for. */
const FOR_SIGN_OUTS = ['readKeys', 'readClients']
/** Routes of apps, of functions that have other routes too. */
const APP_ROUTES = ['apps', 'apps/{id}', 'oauth2/signout']
/** Routes that need mail, as {@link APP_ROUTES}. */
const MAIL_ROUTES = ['enrolment/mail', 'factors/cancel-reset']
/** The metadata of the API for clients, if there is one. */
const SCOPED_ROUTE = '.well-known/oauth-protected-resource'
/** What the authorizer may do for tokens of clients. */
const FOR_CLIENTS = ['readClients', 'readGrants', 'readGrantSources']

/** Serverless plugin: removes the functions of what is switched off by a parameter. */
export default class SwitchesPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    const { service } = serverless
    this.hooks = {
      initialize: () => {
        if (hasScopes(service) && service.custom.auth.oauth !== 'on') {
          reject('The parameter oauth must be on, because functions name scopes.')
        }
        const functions = serviceFunctions(serverless)
        switchOff({ ...service, functions })
        for (const key of ownershipOf(serverless).functions) {
          if (functions[key] === undefined) delete service.functions[key]
        }
      },
      'before:deploy:deploy': () => {
        if (service.custom.auth.mailFrom !== '') return
        console.log('The parameter mailFrom has no value: no mails, no registration, no reset of passwords.')
      },
    }
  }
}

/** Whether clients may use a route. */
export const hasScopes = ({ functions }: Pick<SwitchedService, 'functions'>): boolean =>
  (functions.authorizer?.environment?.SCOPED_ROUTES ?? 'none') !== 'none'

/** The part of the service that {@link switchOff} reads and changes. */
type SwitchedService = {
  custom: {
    auth: Pick<
      AuthMembers,
      'pages' | 'oauth' | 'mailFrom' | 'registration' | 'clientMetadataHosts' | 'allowedOrigins'
    >
  }
  functions: Record<string, Pick<FunctionDefinition, 'environment' | 'events' | 'may'>>
}

/**
 * Removes functions, and single routes of functions that have others. `plugins/resources/mail.yml` removes its resources by a
 * condition.
 */
export function switchOff({ custom, functions }: SwitchedService): void {
  const { pages, oauth, mailFrom, registration, clientMetadataHosts } = custom.auth
  const hasMail = mailFrom !== ''
  const removed = [
    ...(pages === 'on' ? [] : PAGES),
    ...(oauth === 'on' ? [] : OAUTH),
    ...(clientMetadataHosts === '' ? ['fetch-client'] : []),
    ...(hasMail ? [] : MAIL),
    ...(hasMail && registration !== 'off' ? [] : ['new-account']),
  ]
  for (const name of removed) delete functions[name]
  if (oauth !== 'on') {
    if (functions.userinfo) refuseApps(functions.userinfo, custom.auth.allowedOrigins)
    if (functions.sessions) removeRights(functions.sessions, FOR_APPS)
    if (functions.logout) removeRights(functions.logout, FOR_SIGN_OUTS)
  }
  const isScoped = hasScopes({ functions })
  if (!isScoped && functions.authorizer) removeRights(functions.authorizer, FOR_CLIENTS)
  if (clientMetadataHosts === '' && functions.approve) removeRights(functions.approve, FOR_URLS)
  removeRoutes(functions, (path) => {
    if (path === SCOPED_ROUTE) return !isScoped
    if (path === 'register') return registration !== 'open'
    if (APP_ROUTES.includes(path)) return oauth !== 'on'
    return MAIL_ROUTES.includes(path) && !hasMail
  })
  if (!hasMail) Object.values(functions).forEach(removeMailer)
}

/** Removes routes, and functions that have none left. */
function removeRoutes(functions: SwitchedService['functions'], isOff: (path: string) => boolean): void {
  for (const [name, definition] of Object.entries(functions)) {
    const { events = [] } = definition
    const left = events.filter(({ http }) => !isOff(String(Object(http).path)))
    if (left.length === events.length) continue
    if (left.length === 0) delete functions[name]
    else definition.events = left
  }
}

/** Removes the mailer from a function: it gets an empty name, and may not invoke any function. */
function removeMailer(definition: SwitchedService['functions'][string]): void {
  const { environment } = definition
  if (environment?.MAILER === undefined) return
  environment.MAILER = ''
  removeRights(definition, ['invokeMailer'])
}

/** Without apps, only pages of the service's own origins have a token for `userinfo`, and it reads no client. */
function refuseApps(userinfo: SwitchedService['functions'][string], allowedOrigins: string): void {
  userinfo.environment = { ...userinfo.environment, ALLOWED_ORIGINS: allowedOrigins }
  removeRights(userinfo, FOR_APPS)
}

function removeRights(definition: SwitchedService['functions'][string], names: readonly string[]): void {
  const { may } = definition
  if (may) definition.may = may.filter((name) => !names.includes(name))
}
