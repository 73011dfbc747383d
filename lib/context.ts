import type { Item, Table } from './aws/dynamodb.ts'
import type { Config, SettingName } from './config.ts'

/** Values of a session that is bound to a device, or can be. `lib/sessions/device/values.ts` describes them. */
export interface DeviceValues {
  device?: string | undefined
  deviceChallenge?: string | undefined
}

/** How the values of a device are read from the item of a session. */
export interface ReadsDevice {
  /** Names of {@link DeviceValues}. */
  names: readonly string[]
  valuesOf(item: Item): DeviceValues
}

/**
 * What a sign-in does for the device of its session. Only handlers of `functions/devices/` have it, as {@link ShownDevice}: with
 * `deviceBoundSessions=off`, no bundle has anything of devices but the places that ask for it.
 */
export interface SignInDevice extends ReadsDevice {
  /** Returns the values with which a session begins. */
  valuesFor(session: { inCookie: boolean }): DeviceValues
  /** Returns the headers of the response. */
  headersFor(session: DeviceValues, issuer: string): Record<string, string>
  /**
   * Whether the request may renew or end a session: one without a device, or one whose device the request shows. With `watch`, it may renew
   * any.
   *
   * @param inCookie - Whether the request has its refresh token in the cookie. A token of a bound session in a body is a copy.
   */
  isOf(session: BoundSession, inCookie: boolean): boolean
}

/** What a request on a session shows of its device. */
export interface ShownDevice extends ReadsDevice {
  /** @throws {@link ServiceError} `invalid_token` or `unavailable`, if the request may not use a session. */
  require(session: BoundSession, inCookie: boolean): void
  /** Returns what the list of sessions shows in addition. */
  summaryOf(session: DeviceValues): { deviceBound?: true }
  /**
   * Returns what a request of an app demands in addition: a new sign-in, at any start that the page names, if that of the session is too
   * old for the scopes. Only `POST /oauth2/approve` has it.
   */
  demandOf?(
    session: (DeviceValues & { authTime: number }) | undefined,
    request: { scopes: readonly string[] },
  ): object | undefined
}

/** The part of a session that decides whether a request comes from its device. */
export interface BoundSession extends DeviceValues {
  userId: string
  id: string
  salt: string
}

/**
 * Values that all steps of a request need: the table, the settings of these names, the origin of the request,
 * and its time.
 */
export interface At<N extends SettingName = never, T extends Table = Table> {
  table: T
  config: Config<N>
  /** The result of `originOf` in `lib/http/headers.ts`. */
  origin: { sourceIp: string; userAgent: string }
  now: Date
  /** Route or command, such as `PUT /password` or `users set-role`. */
  via: string
  /** Id of the request in the gateway's log, or of the command. */
  requestId: string
  device?: ShownDevice | undefined
  signInDevice?: SignInDevice | undefined
}
