/** Matched groups of a spelling, by name. */
export type Parts = Readonly<Record<string, string>>

/** A kind of hash that other programs store, in all its spellings. */
export interface Kind {
  /** Name for operators. */
  name: string
  /** The whole text of a hash. */
  spellings: readonly RegExp[]
  /** Whether the cost is within the limits. A hash outside of them is rejected, not computed. */
  isAffordable(parts: Parts): boolean
  matches(password: string, parts: Parts): boolean | Promise<boolean>
  /**
   * Size of the longest password that the hash certainly covers whole. Missing if it covers every password.
   */
  passwordBytes?: number
}
