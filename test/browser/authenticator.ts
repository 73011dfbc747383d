import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import * as simpleWebAuthn from '@simplewebauthn/server'
import type { Page, Response } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { type Case, hasFido2, judgeAll, type Registered } from '../factors/second-opinions/judges.ts'

/** What a virtual authenticator can do (Chrome DevTools Protocol, domain WebAuthn). */
export interface Ability {
  /** Whether it asks for fingerprint or PIN, and whether the user passes. */
  isVerifying?: boolean
  /** Whether it copies passkeys to other devices. */
  isSynced?: boolean
  /** Whether it stores passkeys, so that they sign in without a name. */
  isResident?: boolean
  isInternal?: boolean
}

/** Adds a virtual authenticator to a tab. It confirms each request at once. */
export async function addAuthenticator(page: Page, ability: Ability = {}) {
  const { isVerifying = true, isSynced = true, isResident = true, isInternal = true } = ability
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: isInternal ? 'internal' : 'usb',
      hasResidentKey: isResident,
      hasUserVerification: isVerifying,
      isUserVerified: isVerifying,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: isSynced,
      defaultBackupState: isSynced,
    },
  })
  return {
    credentials: async () =>
      (await devTools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** From now on the user passes the fingerprint or PIN, or does not. */
    setVerified: (isUserVerified: boolean) =>
      devTools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    remove: () => devTools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
  }
}

/** Lets the pages of a tab offer passkeys in the autofill. A virtual authenticator then signs in by itself. */
export const withAutofill = (page: Page) =>
  page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => true')

/** The responses of Chromium's authenticators in this process, and what the service said. */
const recorded: { one: Case; isAccepted: boolean }[] = []
/** Responses of passkeys that the service had removed. Others cannot know that. */
let unknown = 0
const registered = new Map<string, Registered>()

type Made = RegistrationResponseJSON | AuthenticationResponseJSON

/** Hands each response of an authenticator to the test. */
const HOOK = `(() => {
  const { toJSON } = PublicKeyCredential.prototype
  PublicKeyCredential.prototype.toJSON = function () {
    const json = toJSON.call(this)
    handOver(json)
    return json
  }
})()`

/** Records each response of an authenticator that a tab sends to the service. */
export async function recordResponses(page: Page): Promise<void> {
  const { origin } = new URL(page.url())
  const pending: Promise<void>[] = []
  let made: Made | undefined
  await page.exposeFunction('handOver', (json: Made) => {
    made = json
  })
  await page.addInitScript(HOOK)
  await page.evaluate(HOOK)
  page.on('response', (reply) => {
    const request = reply.request()
    const { pathname } = new URL(request.url())
    const isSent =
      request.method() === 'POST' &&
      /^\/(passkeys|(login|enrolment)\/passkey|register\/confirm|proof\/confirm)$/.test(pathname)
    if (isSent && made) pending.push(record(made, reply, origin))
  })
  onTestFinished(async () => {
    await Promise.all(pending)
  })
}

async function record(response: Made, reply: Response, origin: string): Promise<void> {
  const isAccepted = reply.status() === 200
  // The passkey may be accepted, and the username taken.
  if (reply.status() === 422) return
  if (!isAccepted && (await reply.json()).error === 'unknown_passkey') {
    unknown += 1
    return
  }
  // The client posts text here, so the browser shows it.
  const isSecondFactor = reply.request().postDataJSON()?.loginToken !== undefined
  await recordResponse(response, origin, { isAccepted, requireUserVerification: !isSecondFactor })
}

/** Records a response, and whether the service accepts it. */
export async function recordResponse(
  response: Made,
  origin: string,
  { isAccepted, requireUserVerification }: { isAccepted: boolean; requireUserVerification: boolean },
): Promise<void> {
  const { challenge } = JSON.parse(Buffer.from(response.response.clientDataJSON, 'base64url').toString())
  const expected = {
    rpId: 'localhost',
    origins: [origin],
    challenge,
    requireUserVerification: requireUserVerification && 'signature' in response.response,
  }
  if ('attestationObject' in response.response) {
    const one = { response: response as RegistrationResponseJSON, expected }
    const { registrationInfo } = await simpleWebAuthn.verifyRegistrationResponse({
      response: one.response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      requireUserVerification: false,
    })
    if (!registrationInfo) throw new Error('the registration was not verified')
    const { id, publicKey, counter } = registrationInfo.credential
    registered.set(id, { id, publicKey: Buffer.from(publicKey).toString('base64url'), counter })
    recorded.push({ one, isAccepted })
    return
  }
  const credential = registered.get(response.id)
  if (credential === undefined) throw new Error(`no registration of ${response.id} was recorded`)
  recorded.push({
    one: { response: response as AuthenticationResponseJSON, expected, credential },
    isAccepted,
  })
}

/**
 * Asks independent implementations about all recorded responses, and prints how many there were.
 *
 * @returns The numbers.
 */
export async function judgeRecorded() {
  const verdicts = await judgeAll(recorded.map(({ one }) => one))
  const agreed = recorded.map(({ isAccepted }, index) => {
    const { simpleWebAuthn: whole, fido2 } = verdicts[index] ?? {}
    return { isAccepted, whole: whole?.accepts, fido2: fido2 ? fido2.accepts : isAccepted }
  })
  expect(agreed).toEqual(
    recorded.map(({ isAccepted }) => ({ isAccepted, whole: isAccepted, fido2: isAccepted })),
  )
  const registrations = recorded.filter(({ one }) => one.credential === undefined).length
  const accepted = recorded.filter(({ isAccepted }) => isAccepted).length
  const counts = {
    registrations,
    signIns: recorded.length - registrations,
    accepted,
    refused: recorded.length - accepted,
  }
  console.info(
    `Chromium: ${counts.registrations} registrations and ${counts.signIns} sign-ins with passkeys. ${accepted} accepted, ${counts.refused} refused: the whole SimpleWebAuthn${hasFido2 ? ' and python3-fido2 agree' : ' agrees'} on each. ${unknown} of unknown passkeys.`,
  )
  return counts
}
