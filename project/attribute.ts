/** What all kinds of attributes have. */
interface Common {
  /**
   * Name of the claim that access tokens, id_tokens and `/userinfo` have the value under: a URI such as `https://notes.example/plan`,
   * which no standard has registered. Handlers find the value by the name of the attribute.
   */
  claim?: string
  /** Whether a change revokes the access tokens that have the earlier value. Without it they keep that until the next refresh. */
  revokes?: boolean
}

/** An attribute of users, which operators write by `npm run users -- set`. */
export type Attribute =
  | (Common & {
      type: 'string'
      /** The values that it may have; without them any text. */
      values?: readonly string[]
      /** UTF-16 code units of a text without `values`; 64 by default. It has no control characters. */
      maxLength?: number
      /** Value of users who have none, or one that this definition does not allow. */
      default?: string
    })
  | (Common & { type: 'number'; default?: number })
  | (Common & { type: 'boolean'; default?: boolean })

/** Attributes by name: a lower-case letter, and at most 31 letters and digits. All together have at most 2,048 bytes. */
export type AttributeDefinitions = Readonly<Record<string, Attribute>>
