import { createLocalJWKSet, jwtVerify } from 'jose'
import { vi } from 'vitest'
import { type KeyState, nextStep, type Slot, targetOf } from '../../../scripts/keys/plan.ts'
import type { Functions } from '../../support/http/functions.ts'
import type { TestService } from '../../support/service.ts'
import { refresh, signIn, tokensOf } from '../../support/users/sessions.ts'
import { aliasOf, startSlots } from './slots.ts'

const TTL_SECONDS = 1800
const SLOTS = ['a', 'b'] as const

/** Time from the first function that a deployment changes to the last. */
const DEPLOYING_SECONDS = 90

/** Time that CloudFormation then needs to delete what is unused. */
const CLEANING_UP_SECONDS = 240

/** How long functions from before a deployment may sign after it, and how long they may respond at all. */
const OLD_FUNCTIONS_SIGN_SECONDS = 60
const OLD_FUNCTIONS_RESPOND_SECONDS = 300

/** How long a verifier elsewhere may cache the published keys. API Gateway's own JWT authorizers cache them for two hours. */
const MAX_AGE_SECONDS = 7200

/** Warm functions with the environment of one deployment. */
interface Instance {
  functions: Functions
  /** When the deployment that replaced them ended, in epoch milliseconds. */
  oldSinceMs: number
  /** Refresh token of its client. */
  refreshToken?: string | undefined
}

/** A verifier elsewhere, which fetches the published keys as rarely as it may. */
interface Verifier {
  keys: ReturnType<typeof createLocalJWKSet>
  readAtMs: number
}

interface Token {
  token: string
  expMs: number
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Returns a token with the claims of a valid one, as of now, and the `kid` of a key that never existed. */
export function forgedLike(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const iat = Math.floor(Date.now() / 1000)
  const header = { alg: 'RS256', typ: 'at+jwt', kid: 'A'.repeat(43) }
  return `${encode(header)}.${encode({ ...claims, iat, exp: iat + TTL_SECONDS })}.AAAA`
}

const kidOf = ({ token }: Token): string =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

/** Returns one token for each key: the one that expires last. It is rejected if any token of the key is. */
function newestByKey(tokens: Token[]): Token[] {
  const inOrder = tokens.toSorted((one, other) => one.expMs - other.expMs)
  return [...new Map(inOrder.map((token) => [kidOf(token), token])).values()]
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const secondsSince = (ms: number) => (Date.now() - ms) / 1000

/**
 * Starts a stage with a user, functions and verifiers, under a clock that the test moves. A deployment deletes old keys
 * last. It does not wait for the alias of a new key: one function gets its settings before the alias exists, another
 * after.
 *
 * @param isThorough - Every client signs in each time, and every token is checked, not only the newest of each key.
 */
export async function startStage(stores: TestService, { isThorough = false } = {}) {
  const slots = await startSlots()
  const username = await stores.add()
  const made: Record<string, number> = {}
  const failed: Record<string, number> = {}
  let instances: Instance[] = []
  let verifiers: Verifier[] = []
  let tokens: Token[] = []
  let state: KeyState = { signing: 'a', madeAt: {}, tokenTtlSeconds: TTL_SECONDS, settledAt: new Date() }

  async function request(what: string, act: () => Promise<void>): Promise<void> {
    made[what] = (made[what] ?? 0) + 1
    await act().catch(() => {
      failed[what] = (failed[what] ?? 0) + 1
    })
  }

  const lookUp = async (functions: Functions): Promise<Verifier> => {
    const { status, text } = await functions.ask('jwks', {})
    if (status !== 200) throw new Error(`jwks: ${status}`)
    return { keys: createLocalJWKSet(JSON.parse(text)), readAtMs: Date.now() }
  }

  /** Every client signs in. Every function and every verifier checks the newest token of each key. */
  async function callEverything(): Promise<void> {
    instances = instances.filter(
      ({ oldSinceMs }) => secondsSince(oldSinceMs) <= OLD_FUNCTIONS_RESPOND_SECONDS,
    )
    for (const instance of instances) {
      if (secondsSince(instance.oldSinceMs) <= OLD_FUNCTIONS_SIGN_SECONDS) await signInOrRefresh(instance)
    }
    tokens = tokens.filter(({ expMs }) => Date.now() < expMs)
    if (!isThorough) tokens = newestByKey(tokens)
    for (const { token } of tokens) {
      for (const { functions } of instances) await request('call', () => call(functions, token))
    }
    for (const verifier of verifiers) {
      if (secondsSince(verifier.readAtMs) >= MAX_AGE_SECONDS) await renew(verifier)
      for (const { token } of tokens) {
        await request('verification elsewhere', async () => {
          await jwtVerify(token, verifier.keys, { currentDate: new Date() })
        })
      }
    }
  }

  /** Signs in, or refreshes the client's session. Thorough clients do both each time. */
  async function signInOrRefresh(instance: Instance): Promise<void> {
    const { functions } = instance
    const expMs = (Math.floor(Date.now() / 1000) + TTL_SECONDS) * 1000
    const receive = ({ authToken, refreshToken }: { authToken: string; refreshToken: string }) => {
      tokens.push({ token: authToken, expMs })
      instance.refreshToken = refreshToken
    }
    if (isThorough) instance.refreshToken = undefined
    if (instance.refreshToken === undefined) {
      await request('login', async () => receive(await signIn(functions, username)))
    }
    const { refreshToken } = instance
    if (refreshToken === undefined) return
    // A client whose refresh fails signs in again.
    instance.refreshToken = undefined
    await request('refresh', async () => receive(tokensOf(await refresh(functions, refreshToken))))
  }

  async function call(functions: Functions, token: string): Promise<void> {
    const { status } = await functions.ask('user-content', { token })
    if (status !== 200) throw new Error(`call: ${status}`)
  }

  /** Fetches the keys from the oldest function that still responds, which is the worst case. */
  const renew = (verifier: Verifier) =>
    request('jwks', async () => {
      for (const { functions } of instances.slice(0, 1)) Object.assign(verifier, await lookUp(functions))
    })

  /** Makes every second function read the keys now, so that it does not read them again for a minute. */
  async function sendForgedTokens(): Promise<void> {
    const [real] = tokens
    if (real === undefined) return
    for (const { functions } of instances.filter((_, index) => index % 2 === 0)) {
      if (await functions.opens(forgedLike(real.token))) throw new Error('a function accepted a forged token')
    }
  }

  async function deploy(signing: Slot, published: string): Promise<void> {
    const before = instances.filter(({ oldSinceMs }) => oldSinceMs === Number.POSITIVE_INFINITY)
    await sendForgedTokens()
    const makeKeys = async () => {
      for (const slot of SLOTS.filter((one) => published.includes(one) && state.madeAt[one] === undefined)) {
        await slots.create(slot)
        state = { ...state, madeAt: { ...state.madeAt, [slot]: new Date() } }
        // Each key has its own instant of creation.
        pass(1)
      }
    }
    const startInstance = async () => {
      const environment = {
        AWS_ENDPOINT_URL_KMS: slots.url,
        SIGNING_KEY: aliasOf(signing),
        PUBLISHED_KEYS: published.split(',').map(aliasOf).join(','),
        TOKEN_TTL_SECONDS: String(TTL_SECONDS),
      }
      const functions = await stores.load(environment)
      instances.push({ functions, oldSinceMs: Number.POSITIVE_INFINITY })
    }
    // In the first deployment, no client calls before the keys exist.
    if (before.length === 0) await makeKeys()
    await startInstance()
    await callEverything()
    await makeKeys()
    await startInstance()
    await callEverything()
    pass(DEPLOYING_SECONDS)
    const madeAt = { ...state.madeAt }
    for (const slot of SLOTS.filter((one) => !published.includes(one))) {
      slots.delete(slot)
      delete madeAt[slot]
    }
    await callEverything()
    pass(CLEANING_UP_SECONDS)
    for (const instance of before) instance.oldSinceMs = Date.now()
    state = { signing, madeAt, tokenTtlSeconds: TTL_SECONDS, settledAt: new Date() }
    await addVerifier()
    await callEverything()
  }

  /** A new verifier fetches the keys, from a function of before the deployment if one still responds. */
  async function addVerifier(): Promise<void> {
    const verifier = { keys: createLocalJWKSet({ keys: [] }), readAtMs: 0 }
    await renew(verifier)
    verifiers = [...verifiers.slice(-3), verifier]
  }

  /** Calls everything now, at each instant at which something ends, and in the last millisecond. */
  async function callUntil(untilMs: number): Promise<void> {
    const { settledAt } = state
    const lastOldResponseMs = settledAt.getTime() + OLD_FUNCTIONS_RESPOND_SECONDS * 1000
    const instants = [OLD_FUNCTIONS_SIGN_SECONDS, OLD_FUNCTIONS_RESPOND_SECONDS, 900, 1800]
      .map((seconds) => settledAt.getTime() + seconds * 1000)
      .filter((ms) => ms > Date.now() && ms < untilMs - 1)
    for (const ms of [...instants, untilMs - 1, untilMs]) {
      vi.setSystemTime(ms)
      if (ms === lastOldResponseMs) await addVerifier()
      await callEverything()
    }
  }

  await deploy('a', 'a,b')

  return {
    /** Does one turnover by the planner's steps, with calls at each. Returns the steps. */
    async turnOver({
      atOnce = false,
      clockAheadSeconds = 0,
      until = 'done',
    }: TurnoverOptions): Promise<string[]> {
      const target = targetOf(state)
      const aheadMs = clockAheadSeconds * 1000
      const steps: string[] = []
      for (;;) {
        const step = nextStep(state, target, new Date(Date.now() + aheadMs), atOnce)
        if (step.do === 'done' || (until === 'signs' && state.signing === target)) return steps
        steps.push(step.do === 'wait' ? 'wait' : `${step.signingKey} of ${step.publishedKeys}`)
        if (step.do === 'deploy') await deploy(step.signingKey, step.publishedKeys)
        else await callUntil(step.until.getTime() - aheadMs)
      }
    },
    callFor: (seconds: number) => callUntil(Date.now() + seconds * 1000),
    /** How many requests were made, by kind. */
    requests: () => made,
    /** How many requests failed, by kind. */
    failures: () => failed,
    tally: () =>
      Object.entries(made)
        .map(([what, count]) => `${what} ${count} (${failed[what] ?? 0} failed)`)
        .join(', '),
    stop: () => slots.stop(),
  }
}

interface TurnoverOptions {
  atOnce?: boolean
  /** How far the operator's clock, which decides when a wait is over, is ahead of AWS's. */
  clockAheadSeconds?: number
  until?: 'done' | 'signs'
}
