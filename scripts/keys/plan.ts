/** The two places for a signing key. Each has a KMS key and its alias, `…-a` and `…-b`. */
export type Slot = 'a' | 'b'

/** The state of a stage's keys. */
export interface KeyState {
  /** Slot of the key that signs. */
  signing: Slot
  /** When the key of each published slot was created. */
  madeAt: Readonly<Partial<Record<Slot, Date>>>
  /** Lifetime of the access tokens that are issued. */
  tokenTtlSeconds: number
  /** When the latest change of the stage ended. All functions run with the deployed settings since then. */
  settledAt: Date
}

/**
 * The state of the key that does not sign.
 *
 * - `coming`: it was created after the signing key, and has never signed.
 * - `going`: it was created before the signing key, and tokens that it signed may still be valid.
 * - `gone`: it is deleted.
 */
export type Other = 'coming' | 'going' | 'gone'

/** The next step of a turnover. */
export type Step =
  | { do: 'deploy'; signingKey: Slot; publishedKeys: 'a' | 'b' | 'a,b' }
  | { do: 'wait'; until: Date; why: string }
  | { do: 'done' }

/** How long a function caches the public keys (`lib/tokens/public-keys.ts`). */
const CACHED_BY_FUNCTIONS_SECONDS = 300

/**
 * How long a verifier may cache the published keys. `max-age` in `lib/http/responses.ts` allows 5 minutes, but the JWT
 * authorizers of API Gateway cache for two hours
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
 */
const CACHED_BY_VERIFIERS_SECONDS = 7200

/** How long requests may run that were under way when a deployment ended. A function has five seconds. */
const UNDER_WAY_SECONDS = 60

/**
 * How far the clock of this machine may differ from AWS's. If it differs more, AWS rejects its requests
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
 */
const CLOCK_DIFFERENCE_SECONDS = 300

/** How long the coming key is published before it signs. */
export const COMING_SECONDS =
  CACHED_BY_FUNCTIONS_SECONDS + CACHED_BY_VERIFIERS_SECONDS + CLOCK_DIFFERENCE_SECONDS

/** How long the going key stays published beyond the lifetime of its tokens. */
const GOING_MARGIN_SECONDS = UNDER_WAY_SECONDS + CLOCK_DIFFERENCE_SECONDS

/** Returns the slot that is not this one. */
export const otherSlot = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a')

/** Returns the state of the key that does not sign, by the times at which the two keys were created. */
export function otherKey({ signing, madeAt }: Pick<KeyState, 'signing' | 'madeAt'>): Other {
  const { a, b } = madeAt
  if (a === undefined || b === undefined) return 'gone'
  // The first two are created in this order; see KeyB in plugins/resources/keys.yml.
  const newer = b >= a ? 'b' : 'a'
  return signing === newer ? 'going' : 'coming'
}

/** Returns which key signs after the turnover that is under way, or else after the next one. */
export const targetOf = (state: KeyState): Slot =>
  otherKey(state) === 'coming' ? otherSlot(state.signing) : state.signing

/**
 * Returns the next step towards a stage where the key of `target` signs and the other slot holds a new one.
 *
 * @param target - From {@link targetOf}, when the turnover began.
 * @param now - Instant that decides whether a wait is over.
 * @param atOnce - Do not wait. This revokes the access tokens of the previous key.
 */
export function nextStep(state: KeyState, target: Slot, now: Date, atOnce = false): Step {
  const { signing, tokenTtlSeconds, settledAt } = state
  const after = (seconds: number, why: string, deploy: Step): Step => {
    const until = new Date(settledAt.getTime() + seconds * 1000)
    return atOnce || now >= until ? deploy : { do: 'wait', until, why }
  }
  switch (otherKey(state)) {
    case 'going':
      return after(
        tokenTtlSeconds + GOING_MARGIN_SECONDS,
        `Until then, tokens that key ${otherSlot(signing)} signed may be valid.`,
        { do: 'deploy', signingKey: signing, publishedKeys: signing },
      )
    case 'gone':
      return { do: 'deploy', signingKey: signing, publishedKeys: 'a,b' }
    case 'coming':
      if (signing === target) return { do: 'done' }
      return after(COMING_SECONDS, `Until then, caches may not have key ${target}.`, {
        do: 'deploy',
        signingKey: target,
        publishedKeys: 'a,b',
      })
  }
}
