/**
 * Seconds since the sign-in that a kind of work of operators allows. What gives rights, or cannot be undone, is `danger`. The factors
 * that it needs are those of the policy, which the session meets: a demand beside the policy would have no effect, because who has only the password
 * could add the first factor.
 */
export const MAX_AGE_SECONDS = { work: 43_200, danger: 300 } as const

/** The kind of work of a route; see {@link MAX_AGE_SECONDS}. */
export type Work = keyof typeof MAX_AGE_SECONDS

/** Returns the sign-in that a kind of work requires, as clients read it (RFC 9470 section 3). */
export const signInOf = (work: Work) => ({ acr_values: 'aal1', max_age: MAX_AGE_SECONDS[work] })
