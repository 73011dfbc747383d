import type { AuthMembers, FunctionDefinition } from '../framework.d.ts'

type Functions = Record<string, Pick<FunctionDefinition, 'handler' | 'environment'>>

/** The parameter of sessions that are bound to devices. */
export type DeviceSwitch = Pick<AuthMembers, 'deviceBoundSessions'>

/** Whether sessions in cookies are bound to devices. */
export const bindsDevices = ({ deviceBoundSessions }: Partial<DeviceSwitch>): boolean =>
  deviceBoundSessions === 'on' || deviceBoundSessions === 'watch'

/** Files below `functions/`, and those below `functions/devices/` in their place. The bundles of other services have nothing of devices. */
const FILES: Readonly<Record<string, string>> = {
  'sessions/login': 'sign-in/login',
  'drain/login': 'drain/login',
  'sign-in/login-factor': 'sign-in/login-factor',
  'sign-in/login-passkey': 'sign-in/login-passkey',
  'sign-in/login-mail': 'sign-in/login-mail',
  'enrolment/enrol-totp': 'sign-in/enrol-totp',
  'passkeys/add-passkey': 'sign-in/add-passkey',
  'registration/new-account': 'sign-in/new-account',
  'passwordless/new-account': 'passwordless/new-account',
  'federation/federation': 'sign-in/federation',
  'federation/new-identity': 'sign-in/new-identity',
  'sessions/refresh': 'refresh',
  'sessions/sessions': 'sessions',
  'oauth/approve': 'approve',
  'service/openapi': 'openapi',
  'admin/openapi': 'console/openapi',
  'admin/admin-read': 'console/admin-read',
  'admin/act-as': 'console/act-as',
  'admin/admin-change': 'console/admin-change',
  'admin/admin-danger': 'console/admin-danger',
}

/** Handlers of functions, each with the one that {@link switchDevices} gives in its place. */
export const DEVICE_HANDLERS = Object.entries(FILES).map(
  ([from, to]) => [`functions/${from}.handler`, `functions/devices/${to}.handler`] as const,
)

/** Returns the handler that a function has in a service without devices. */
export const withoutDevices = (handler: string): string =>
  DEVICE_HANDLERS.find(([, to]) => to === handler)?.[0] ?? handler

/**
 * Gives functions the handlers of a service that binds sessions, or takes the setting of devices from them. It comes after all other
 * switches of handlers. `plugins/functions/permissions.ts` leaves out what functions may do for devices.
 */
export function switchDevices(functions: Functions, isOn: boolean): void {
  const handlers = new Map<string, string>(DEVICE_HANDLERS)
  for (const definition of Object.values(functions)) {
    if (isOn) definition.handler = handlers.get(definition.handler) ?? definition.handler
    else removeSetting(definition)
  }
}

function removeSetting(definition: Functions[string]): void {
  if (definition.environment?.DEVICE_BOUND_SESSIONS === undefined) return
  const { DEVICE_BOUND_SESSIONS: _, ...environment } = definition.environment
  definition.environment = environment
}
