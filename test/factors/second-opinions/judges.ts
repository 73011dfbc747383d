import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  type VerifiedRegistrationResponse,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'

const PYTHON = '/usr/bin/python3'

/** Whether Debian's `python3-fido2` is installed. */
export const hasFido2 = existsSync('/usr/lib/python3/dist-packages/fido2/server.py')

/** What a response has to match. */
export interface Expected {
  rpId: string
  origins: string[]
  challenge: string
  requireUserVerification: boolean
}

/** The public part of a passkey, as it was registered. */
export interface Registered {
  id: string
  /** COSE key in base64url. */
  publicKey: string
  counter: number
}

/** Whether an implementation accepts a response, and if not, why. */
export interface Verdict {
  accepts: boolean
  reason?: string
}

/** Verdicts of independent implementations: the whole library, and python3-fido2 if it is installed. */
export interface Verdicts {
  simpleWebAuthn: Verdict
  fido2?: Verdict | undefined
}

/** A response of a browser, with what it has to match. Without a credential it is a registration. */
export type Case = { expected: Expected } & (
  | { response: RegistrationResponseJSON; credential?: undefined }
  | { response: AuthenticationResponseJSON; credential: Registered }
)

/** Asks both implementations about many responses, with one process of Python. */
export async function judgeAll(cases: readonly Case[]): Promise<Verdicts[]> {
  const whole = await Promise.all(cases.map(judgeWhole))
  const fido2 = hasFido2 ? askFido2(cases) : []
  return whole.map((simpleWebAuthn, index) => ({ simpleWebAuthn, fido2: fido2[index] }))
}

/** Verifies a case with SimpleWebAuthn. It throws, or returns `verified`. */
export async function verifyCase({
  response,
  expected,
  credential,
}: Case): Promise<VerifiedRegistrationResponse | { verified: boolean }> {
  const { rpId, origins, challenge, requireUserVerification } = expected
  const common = {
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: rpId,
    requireUserVerification,
  }
  return credential === undefined
    ? verifyRegistrationResponse({ ...common, response, supportedAlgorithmIDs: [-7, -8, -257] })
    : verifyAuthenticationResponse({
        ...common,
        response,
        credential: {
          id: credential.id,
          publicKey: new Uint8Array(Buffer.from(credential.publicKey, 'base64url')),
          counter: credential.counter,
        },
      })
}

async function judgeWhole(one: Case): Promise<Verdict> {
  try {
    const { verified } = await verifyCase(one)
    return verified ? { accepts: true } : { accepts: false, reason: 'not verified' }
  } catch (error) {
    return { accepts: false, reason: String(error) }
  }
}

function askFido2(cases: readonly Case[]): Verdict[] {
  const input = cases.map(({ response, expected, credential = null }) => ({
    ...expected,
    response,
    credential,
  }))
  const script = fileURLToPath(new URL('ask-fido2.py', import.meta.url))
  return JSON.parse(execFileSync(PYTHON, [script], { input: JSON.stringify(input), encoding: 'utf8' }))
}
