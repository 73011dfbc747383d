import { z } from 'zod'
import { maxLengthOf, mayBe, NOT_IN_TEXT, withClaim } from '../../lib/application/attributes.ts'
import type { Scalar } from '../../lib/aws/dynamodb.ts'
import type { Attribute } from '../../project/attribute.ts'

/** A profile stays one read unit of DynamoDB. How long tokens get, `plugins/config/longest-tokens.ts` computes. */
const MAX_BYTES = 2_048

const BYTES_A_CODE_UNIT = 3
/** No other number takes more characters. */
const LONGEST_NUMBER = -0.0000012345678901234567

const common = {
  // Registered claims have no colon (https://www.iana.org/assignments/jwt).
  claim: z
    .string('must be text')
    .regex(/^[a-z][a-z0-9+.-]*:[!#-[\]-~]{1,128}$/, 'must be a URI, such as https://notes.example/plan')
    .optional(),
  revokes: z.boolean('must be true or false').optional(),
}

const definition = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({
        ...common,
        type: z.literal('string'),
        values: z
          .array(
            z
              .string('must be text')
              .min(1, 'must not be empty')
              .refine((text) => !NOT_IN_TEXT.test(text), 'must not have control characters'),
            'must be a list of texts',
          )
          .min(1, 'must have a value')
          .optional(),
        maxLength: z.int('must be a whole number').min(1, 'must be at least 1').optional(),
        default: z.string('must be text').optional(),
      }),
      z.strictObject({
        ...common,
        type: z.literal('number'),
        default: z.number('must be a number').optional(),
      }),
      z.strictObject({
        ...common,
        type: z.literal('boolean'),
        default: z.boolean('must be true or false').optional(),
      }),
    ],
    {
      error: ({ code }) =>
        (code as string) === 'invalid_type' ? 'must be an object' : 'must be string, number or boolean',
    },
  )
  .refine((one) => one.default === undefined || mayBe(one as Attribute, one.default), {
    path: ['default'],
    message: 'must be a value that the attribute may have',
  })
  .refine((one) => one.type !== 'string' || !one.values || one.maxLength === undefined, {
    path: ['maxLength'],
    message: 'has no effect next to values',
  })

/** What a definition may have. */
export const ATTRIBUTE_MEMBERS = ['type', 'values', 'maxLength', 'default', 'claim', 'revokes']

/** The rules for attributes. */
export const ATTRIBUTES = z.record(
  z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, 'must be letters and digits, with a lower-case letter first'),
  definition,
  'must be an object with attributes by name',
)

/** Returns what is wrong with attributes that are each valid. */
export function faultsOfAttributes(attributes: z.infer<typeof ATTRIBUTES>): string[] {
  const entries = Object.entries(attributes as Record<string, Attribute>)
  const bytes = entries.reduce((sum, [name, one]) => sum + name.length + mostBytes(one), 0)
  const claims = entries.flatMap(([, { claim }]) => (claim === undefined ? [] : [claim]))
  const repeated = claims.filter((claim, at) => claims.indexOf(claim) < at)
  return [
    ...repeated.map((claim) => `attributes has the claim ${claim} twice.`),
    ...(bytes > MAX_BYTES
      ? [`attributes may take ${bytes} bytes, and all together have at most ${MAX_BYTES}.`]
      : []),
  ]
}

/** Returns how many bytes a value takes at most. */
function mostBytes(one: Attribute): number {
  if (one.type === 'boolean') return 1
  if (one.type === 'number') return String(LONGEST_NUMBER).length
  const { values } = one
  return values ? Math.max(...values.map(bytesInJson)) : maxLengthOf(one) * BYTES_A_CODE_UNIT
}

/** Without the quotation marks around it. Those in it are two bytes each. */
const bytesInJson = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2

type Definitions = Readonly<Record<string, Attribute>>

/** Returns the claimed attributes of a user whose values take most bytes in JSON. */
export const longestInTokens = (definitions: Definitions): Record<string, Scalar> =>
  // This character takes three bytes, and no other code unit of text takes more.
  longestBy(definitions, '€', bytesInJson)

/** Returns the claimed attributes of a user whose values take most bytes in JSON within JSON. */
export const longestClaimed = (definitions: Definitions): Record<string, Scalar> =>
  // A quotation mark takes four bytes, and no other character of text takes more.
  longestBy(definitions, '"', (text) => bytesInJson(JSON.stringify(text)))

function longestBy(definitions: Definitions, character: string, bytes: (text: string) => number) {
  const longestOf = (one: Attribute): Scalar => {
    if (one.type === 'boolean') return false
    if (one.type === 'number') return LONGEST_NUMBER
    const values = one.values ?? [character.repeat(maxLengthOf(one))]
    return values.reduce((longest, value) => (bytes(value) > bytes(longest) ? value : longest))
  }
  return Object.fromEntries(
    Object.entries(withClaim(definitions)).map(([name, one]) => [name, longestOf(one)]),
  )
}
