/** The pattern of a rule: values of members, in members with the same names. */
export interface Pattern {
  [member: string]: Pattern | readonly (string | Filter)[]
}

/** A filter for a value. */
interface Filter {
  'anything-but'?: string | readonly string[]
}

/**
 * Whether an event matches the pattern of a rule. It knows `anything-but`; any other filter of EventBridge matches nothing.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export const matches = (pattern: Pattern, event: unknown): boolean =>
  Object.entries(pattern).every(([name, expected]) => {
    const value: unknown = Object(event)[name]
    return isList(expected) ? expected.some((one) => matchesValue(one, value)) : matches(expected, value)
  })

const isList = (value: Pattern[string]): value is readonly (string | Filter)[] => Array.isArray(value)

function matchesValue(expected: string | Filter, value: unknown): boolean {
  if (typeof expected === 'string') return value === expected
  const { 'anything-but': excluded } = expected
  return excluded !== undefined && value !== undefined && ![excluded].flat().some((one) => one === value)
}
