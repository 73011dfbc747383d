/** Named groups of a spelling, as matched. */
export type Parts = Readonly<Record<string, string>>

/** A kind of hash that other programs store, in all its spellings. */
export interface Kind {
  /** As operators know it. */
  name: string
  /** The whole text of a hash. */
  spellings: readonly RegExp[]
  /** Whether the cost is within the limits. A hash outside of them is rejected, not computed. */
  isAffordable(parts: Parts): boolean
  matches(password: string, parts: Parts): boolean | Promise<boolean>
  /** The size of the longest password that the hash certainly covers entirely, if it does not cover every one. */
  passwordBytes?: number
}
