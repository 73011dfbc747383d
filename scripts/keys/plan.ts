/** The two places that a signing key can be in; each has a KMS key and its alias, `…-a` and `…-b`. */
export type Slot = 'a' | 'b'

/** What a stage says of its keys. */
export interface KeyState {
  /** Whose key signs. */
  signing: Slot
  /** When the key of each published slot was made. */
  madeAt: Readonly<Partial<Record<Slot, Date>>>
  /** Lifetime of the access tokens that are issued. */
  tokenTtlSeconds: number
  /** When the latest change of the stage had ended: what was deployed has been serving since then at the latest. */
  settledAt: Date
}

/**
 * What the key that does not sign is.
 *
 * - `coming`: it was made after the one that signs, and has never signed.
 * - `going`: it was made before, and tokens that it signed may still be good.
 * - `gone`: there is none.
 */
export type Other = 'coming' | 'going' | 'gone'

/** What to do next. */
export type Step =
  | { do: 'deploy'; signingKey: Slot; publishedKeys: 'a' | 'b' | 'a,b' }
  | { do: 'wait'; until: Date; why: string }
  | { do: 'done' }

/** A function may hold the public keys that it has read for so long (`lib/tokens/public-keys.ts`). */
const KEPT_BY_FUNCTIONS_SECONDS = 300

/** A client may hold the published keys for so long (`max-age` in `functions/service/jwks.ts`). */
const KEPT_BY_CLIENTS_SECONDS = 300

/** Requests that were under way when a deployment ended are over by then; a function has five seconds. */
const UNDER_WAY_SECONDS = 60

/**
 * How far the clock of this machine may be from AWS's; farther off, AWS refuses its requests
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
 */
const CLOCK_DIFFERENCE_SECONDS = 300

/** How long the coming key is published before it signs. */
export const COMING_SECONDS = KEPT_BY_FUNCTIONS_SECONDS + KEPT_BY_CLIENTS_SECONDS + CLOCK_DIFFERENCE_SECONDS

/** How long, beyond the lifetime of a token, the going key stays published. */
const GOING_MARGIN_SECONDS = UNDER_WAY_SECONDS + CLOCK_DIFFERENCE_SECONDS

export const otherSlot = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a')

/** Says what the key that does not sign is, from when the two were made. */
export function otherKey({ signing, madeAt }: Pick<KeyState, 'signing' | 'madeAt'>): Other {
  const { a, b } = madeAt
  if (a === undefined || b === undefined) return 'gone'
  // The first two are made in this order; see KeyB in resources/keys.yml.
  const newer = b >= a ? 'b' : 'a'
  return signing === newer ? 'going' : 'coming'
}

/** Says which key signs once the turnover that is under way is done, or the next one, if none is. */
export const targetOf = (state: KeyState): Slot =>
  otherKey(state) === 'coming' ? otherSlot(state.signing) : state.signing

/**
 * Says what to do next so that the key of `target` signs and the other slot holds a fresh one.
 *
 * @param target - From {@link targetOf}, asked when the turnover began.
 * @param now - Instant to judge the waiting by.
 * @param atOnce - Do not wait, at the price of the tokens that are out.
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
        `the last tokens that key ${otherSlot(signing)} signed are good until then`,
        { do: 'deploy', signingKey: signing, publishedKeys: signing },
      )
    case 'gone':
      return { do: 'deploy', signingKey: signing, publishedKeys: 'a,b' }
    case 'coming':
      if (signing === target) return { do: 'done' }
      return after(COMING_SECONDS, `not everybody may have known key ${target} before`, {
        do: 'deploy',
        signingKey: target,
        publishedKeys: 'a,b',
      })
  }
}
