import type { APIGatewayProxyEvent } from 'aws-lambda'
import { readDeviceBinding } from '../../config.ts'
import type { ShownDevice, SignInDevice } from '../../context.ts'
import { approvingDevice } from '../../sessions/device/approving.ts'
import { BOUND_COOKIE, type Shown } from '../../sessions/device/bound.ts'
import { shownDevice } from '../../sessions/device/shown.ts'
import { signInDevice } from '../../sessions/device/sign-in.ts'
import type { ApiRoute } from '../handler.ts'
import { headerOf } from '../headers.ts'
import { cookiesOf, onlyOf } from './cookie.ts'

/** Gives a sign-in what it does for the device of its session. */
export const withSignInDevice =
  <R extends { now: Date }>(route: ApiRoute<R & { signInDevice: SignInDevice }>): ApiRoute<R> =>
  async (event, at) =>
    route(event, { ...at, signInDevice: signInDevice(shownIn(event, at)) })

const giving =
  (deviceFrom: (shown: Shown, skipped: string) => ShownDevice) =>
  <R extends { now: Date }>(route: ApiRoute<R & { device: ShownDevice }>): ApiRoute<R> =>
  async (event, at) =>
    route(event, { ...at, device: deviceFrom(shownIn(event, at), skippedOf(event)) })

/** Gives a route what its requests show of the device of their session. */
export const withDevice = /* @__PURE__ */ giving(shownDevice)

/** As {@link withDevice}, for requests of apps. */
export const withApprovingDevice = /* @__PURE__ */ giving(approvingDevice)

const shownIn = (event: APIGatewayProxyEvent, { now }: { now: Date }): Shown => ({
  binding: readDeviceBinding(),
  bound: onlyOf(cookiesOf(event, BOUND_COOKIE)),
  now,
})

const skippedOf = ({ headers }: APIGatewayProxyEvent) => headerOf(headers, 'secure-session-skipped')
