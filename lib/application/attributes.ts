import config from '../../auth.config.ts'
import type { Attribute } from '../../project/attribute.ts'
import type { Scalar } from '../aws/dynamodb.ts'

/** The attributes of users that `auth.config.ts` defines, by name. */
export const ATTRIBUTES: Readonly<Record<string, Attribute>> = config.attributes ?? {}

/** Whether the application defines any attributes. */
export const HAS_ATTRIBUTES = Object.keys(ATTRIBUTES).length > 0

type Definitions = NonNullable<(typeof config)['attributes']>

type ValueOf<D> = D extends { values: readonly (infer V)[] }
  ? V
  : D extends { type: 'number' }
    ? number
    : D extends { type: 'boolean' }
      ? boolean
      : string

/** The values of a user's attributes. One without a value and without a default is missing. */
export type UserAttributes = {
  readonly [N in keyof Definitions]: Definitions[N] extends { default: Scalar }
    ? ValueOf<Definitions[N]>
    : ValueOf<Definitions[N]> | undefined
}

/**
 * The attributes with a claim, which tokens have and handlers read. Without a registered configuration, the
 * type has any name.
 */
export type ClaimedAttributes = {
  readonly [N in keyof UserAttributes as string extends N
    ? N
    : Definitions[N] extends { claim: string }
      ? N
      : never]: UserAttributes[N]
}

/** Stored values, by name. Some may belong to attributes that are no longer defined. */
export type StoredAttributes = Readonly<Record<string, Scalar>>

/** Returns the most code units of a text without `values`. */
export const maxLengthOf = ({ maxLength = 64 }: { maxLength?: number }): number => maxLength

/** DynamoDB accepts no number closer to zero, except zero. */
const SMALLEST_NUMBER = 1e-130

/**
 * In JSON, control characters need twice the bytes of any other character. Half a surrogate pair is no text.
 */
export const NOT_IN_TEXT = /[\p{Cc}\p{Cs}]/u

/** Whether an attribute may have a value. */
export function mayBe(definition: Attribute, value: unknown): value is Scalar {
  if (definition.type === 'boolean') return typeof value === 'boolean'
  if (definition.type === 'number') {
    if (typeof value !== 'number') return false
    const size = Math.abs(value)
    return size === 0 || (size >= SMALLEST_NUMBER && size <= Number.MAX_SAFE_INTEGER)
  }
  const { values } = definition
  if (typeof value !== 'string' || value === '') return false
  return values?.includes(value) ?? (value.length <= maxLengthOf(definition) && !NOT_IN_TEXT.test(value))
}

/** Says which values an attribute may have. */
export function ruleOf(definition: Attribute): string {
  if (definition.type === 'number')
    return 'Must be 0, or a number with an absolute value from 1e-130 to 9007199254740991.'
  if (definition.type === 'boolean') return 'Must be true or false.'
  if (definition.values) return `Must be one of ${definition.values.join(', ')}.`
  const max = maxLengthOf(definition)
  return `Must be text of at most ${max} characters, none of them a control character.`
}

/**
 * Returns the values of attributes. If a value is missing or no longer valid, the default counts. A
 * definition may have changed since the value was stored, and that must not lock a user out.
 *
 * @param given - Returns the stored or claimed value of an attribute.
 */
const valuesBy = (
  definitions: Readonly<Record<string, Attribute>>,
  given: (name: string, definition: Attribute) => unknown,
): Record<string, Scalar> =>
  Object.fromEntries(
    Object.entries(definitions).flatMap(([name, definition]) => {
      const found = given(name, definition)
      const value = mayBe(definition, found) ? found : definition.default
      return value === undefined ? [] : [[name, value]]
    }),
  )

const valuesOfUser = (stored: StoredAttributes = {}, definitions = ATTRIBUTES) =>
  valuesBy(definitions, (name) => (Object.hasOwn(stored, name) ? stored[name] : undefined))

/** Returns the attributes of a user. */
export const userAttributesOf = (stored?: StoredAttributes, definitions = ATTRIBUTES): UserAttributes =>
  valuesOfUser(stored, definitions) as UserAttributes

/** Returns the claims of a user's attributes. */
export const attributeClaims = (
  stored: StoredAttributes | undefined,
  definitions = ATTRIBUTES,
): Record<string, Scalar> =>
  Object.fromEntries(
    Object.entries(valuesOfUser(stored, definitions)).flatMap(([name, value]) => {
      const claim = definitions[name]?.claim
      return claim === undefined ? [] : [[claim, value]]
    }),
  )

/** Returns the attributes in the claims of a verified token: those with a claim. */
export const claimedAttributes = (
  claims: Readonly<Record<string, unknown>>,
  definitions = ATTRIBUTES,
): ClaimedAttributes =>
  valuesBy(withClaim(definitions), (_name, { claim = '' }) => claims[claim]) as ClaimedAttributes

/** Returns the definitions that have a claim. */
export const withClaim = (definitions: Readonly<Record<string, Attribute>>): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(definitions).filter(([, { claim }]) => claim !== undefined))
