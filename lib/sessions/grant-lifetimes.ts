/** How long a grant with `offline_access` lasts at most, from its approval on. */
export const GRANT_TTL_SECONDS = 365 * 86_400

/** How long a grant with `offline_access` lasts without use. */
export const GRANT_IDLE_TTL_SECONDS = 30 * 86_400
