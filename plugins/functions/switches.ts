import { takesClients } from '../../lib/authorization/http-api.ts'
import { type Feature, featuresOf, type Route } from '../../lib/openapi/route.ts'
import type { AuthMembers, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { ownershipOf, serviceFunctions } from '../project/ownership.ts'
import { reject } from '../reject.ts'
import { rowsOfEvent } from '../routes/row-events.ts'
import { bindsDevices, DEVICE_HANDLERS, type DeviceSwitch, switchDevices } from './devices.ts'
import { switchDrain } from './drain.ts'
import { MAIL_HANDLERS, switchMailPages, switchMailSignIn } from './mail-sign-in.ts'

/** Functions without a route: the features that they need. */
const NEEDS = new Map<string, Feature>([
  ['mailer', 'mail'],
  ['fetch-client', 'oauth'],
])
/** What `approve` may do for apps that are not registered. */
const FOR_URLS = ['readDocuments', 'invokeClientFetcher']
/** What `userinfo`, `sessions` and `admin-change` may do for apps, which have no access without OAuth. */
const FOR_APPS = ['readClients', 'readApis', 'readGrants', 'readGrantSources', 'readApprovals', 'revokeApps']
/** What `logout` may do for sign-outs that apps ask for. */
const FOR_SIGN_OUTS = ['readKeys', 'readClients']
/** What functions may do for identities at providers, in addition to those of `functions/federation`. */
const FOR_IDENTITIES = [
  'findIdentityProviders',
  'readProviderNames',
  'findIdentityIds',
  'listIdentities',
  'removeIdentities',
]
/** Handlers of functions whose pages differ with federation. Without it, their bundles have nothing of it. */
const FEDERATED_HANDLERS: Readonly<Record<string, string>> = {
  signin: 'functions/pages/federation/signin.handler',
  'account-pages': 'functions/pages/federation/account-pages.handler',
}
/** Handler of the API description with the console. Without it, its bundle has nothing of it. */
const CONSOLE_HANDLERS: Readonly<Record<string, string>> = { openapi: 'functions/admin/openapi.handler' }
/** Handler of the authorizer that also takes operators who act as a user. */
const ACT_HANDLERS: Readonly<Record<string, string>> = { authorizer: 'functions/admin/authorizer.handler' }
/** All handlers that functions get only with a feature. */
export const SWITCHED_HANDLERS = [
  ...MAIL_HANDLERS,
  ...DEVICE_HANDLERS.map(([, handler]) => handler),
  ...[FEDERATED_HANDLERS, CONSOLE_HANDLERS, ACT_HANDLERS].flatMap((one) => Object.values(one)),
]
/** What the authorizer may do for operators who act as a user. */
const FOR_ACTS = ['readActSources']
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
        // No user pool is on a developer's machine.
        if (isLocal(serverless)) service.custom.auth.drain.pool = ''
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

const isLocal = ({ processedInput: { commands } }: Serverless) =>
  commands[0] === 'offline' || commands.join(' ') === 'invoke local'

/** Whether clients may use a route. */
export function hasScopes({ functions }: Pick<SwitchedService, 'functions'>): boolean {
  const { SCOPED_ROUTES = 'none', HTTP_API_ROUTES } = functions.authorizer?.environment ?? {}
  return SCOPED_ROUTES !== 'none' || takesClients(HTTP_API_ROUTES)
}

/** The part of the service that {@link switchOff} reads and changes. */
type SwitchedService = {
  custom: {
    auth: Pick<
      AuthMembers,
      | 'pages'
      | 'oauth'
      | 'federation'
      | 'console'
      | 'actAs'
      | 'eventBus'
      | 'drain'
      | 'mailFrom'
      | 'registration'
      | 'mailSignIn'
      | 'clientMetadataHosts'
      | 'allowedOrigins'
    > &
      Partial<DeviceSwitch>
  }
  functions: Record<
    string,
    Pick<FunctionDefinition, 'handler' | 'environment' | 'events' | 'may' | 'timeout'>
  >
}

/**
 * Removes the routes that need a feature that is off, by their rows, and functions that have none left.
 * `plugins/resources/mail.yml` removes its resources by a condition.
 */
export function switchOff({ custom, functions }: SwitchedService): void {
  const { federation, console, actAs, eventBus, mailFrom, clientMetadataHosts } = custom.auth
  const isScoped = hasScopes({ functions })
  const features = featuresIn(custom.auth, isScoped)
  removeRoutes(functions, features)
  if (clientMetadataHosts === '') delete functions['fetch-client']
  // `plugins/events/bus.ts` removes the bus.
  if (eventBus === 'off') delete functions['publish-event']
  if (custom.auth.oauth !== 'on') removeApps(functions, custom.auth.allowedOrigins)
  if (!isScoped && functions.authorizer) removeRights(functions.authorizer, FOR_CLIENTS)
  if (clientMetadataHosts === '' && functions.approve) removeRights(functions.approve, FOR_URLS)
  if (mailFrom === '') Object.values(functions).forEach(removeMailer)
  switchMailSignIn(functions, features.includes('mailSignIn'))
  if (federation === 'on') useHandlers(functions, FEDERATED_HANDLERS)
  else Object.values(functions).forEach(removeFederation)
  if (features.includes('mailSignIn')) switchMailPages(functions, federation === 'on')
  if (console === 'on') addConsole(functions, actAs)
  if (actAs === 'on') useHandlers(functions, ACT_HANDLERS)
  else removeActs(functions)
  switchDrain(functions, custom.auth.drain)
  switchDevices(functions, bindsDevices(custom.auth))
}

/** Returns the features that the parameters switch on. */
const featuresIn = (auth: SwitchedService['custom']['auth'], isScoped: boolean): Feature[] =>
  featuresOf({
    PAGES: auth.pages,
    DEVICES: bindsDevices(auth),
    MAILER: auth.mailFrom === '' ? undefined : 'mailer',
    REGISTRATION: auth.registration,
    OAUTH: auth.oauth === 'on',
    MAIL_SIGN_IN: auth.mailSignIn === 'on',
    FEDERATION: auth.federation === 'on',
    CONSOLE: auth.console === 'on',
    ACT_AS: auth.actAs === 'on',
    API_SCOPES: isScoped ? ['some'] : [],
  })

/** Without apps, only pages of the service's own origins have a token for `userinfo`, and no function reads a client. */
function removeApps(functions: SwitchedService['functions'], origins: string): void {
  const { userinfo, sessions, logout } = functions
  const change = functions['admin-change']
  if (userinfo) refuseApps(userinfo, origins)
  if (sessions) removeRights(sessions, FOR_APPS)
  if (change) removeRights(change, FOR_APPS)
  if (logout) removeRights(logout, FOR_SIGN_OUTS)
}

function useHandlers(
  functions: SwitchedService['functions'],
  handlers: Readonly<Record<string, string>>,
): void {
  for (const [key, handler] of Object.entries(handlers)) {
    if (functions[key]) functions[key].handler = handler
  }
}

function addConsole(functions: SwitchedService['functions'], actAs: string): void {
  const { openapi } = functions
  useHandlers(functions, CONSOLE_HANDLERS)
  if (openapi) openapi.environment = { ...openapi.environment, ACT_AS: actAs }
}

/** Without acts, the authorizer reads nothing for them, and the console knows no page of the application. */
function removeActs({ authorizer, 'admin-read': read }: SwitchedService['functions']): void {
  if (authorizer) removeRights(authorizer, FOR_ACTS)
  if (read === undefined) return
  const { ACT_AS_ORIGINS: _, ...environment } = read.environment ?? {}
  read.environment = environment
}

/** Removes routes without their features, and functions that have none left, or that need a feature themselves. */
function removeRoutes(functions: SwitchedService['functions'], features: readonly Feature[]): void {
  const isOff = (needs: Route['needs'] = []) => [needs].flat().some((feature) => !features.includes(feature))
  for (const [name, definition] of Object.entries(functions)) {
    const { events = [] } = definition
    const left = events.filter(({ http }) => {
      const rows = rowsOfEvent(name, Object(http))
      return rows.length === 0 || rows.some(({ needs }) => !isOff(needs))
    })
    if (isOff(NEEDS.get(name)) || (left.length === 0 && events.length > 0)) delete functions[name]
    else if (left.length < events.length) definition.events = left
  }
}

/** Removes the mailer from a function: it gets an empty name, and may not invoke any function. */
function removeMailer(definition: SwitchedService['functions'][string]): void {
  const { environment } = definition
  if (environment?.MAILER === undefined) return
  environment.MAILER = ''
  removeRights(definition, ['invokeMailer'])
}

/** Without federation, a user may still have identities. `delete-me` removes them, and no other function needs a permission for them. */
function removeFederation(definition: SwitchedService['functions'][string]): void {
  if (definition.environment?.FEDERATION === undefined) return
  const { FEDERATION: _, ...environment } = definition.environment
  definition.environment = environment
  removeRights(definition, FOR_IDENTITIES)
}

/** Without apps, only pages of the service's own origins have a token for `userinfo`, and it reads no client. */
function refuseApps(userinfo: SwitchedService['functions'][string], allowedOrigins: string): void {
  userinfo.environment = { ...userinfo.environment, AUTH_ALLOWED_ORIGINS: allowedOrigins }
  removeRights(userinfo, FOR_APPS)
}

function removeRights(definition: SwitchedService['functions'][string], names: readonly string[]): void {
  const { may } = definition
  if (may) definition.may = may.filter((name) => !names.includes(name))
}
