import { z } from 'zod'
import { maxLengthOf, mayBe } from '../../lib/application/attributes.ts'
import type { Attribute } from './attribute.ts'

/** A profile stays one read unit of DynamoDB, and a token below the 4,096 bytes that KMS signs. */
const MAX_BYTES = 2_048

const BYTES_A_CODE_UNIT = 3
const BYTES_OF_NUMBER = 17

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
          .array(z.string('must be text').min(1, 'must not be empty'), 'must be a list of texts')
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
  if (one.type === 'number') return BYTES_OF_NUMBER
  const { values } = one
  return values
    ? Math.max(...values.map((value) => Buffer.byteLength(value)))
    : maxLengthOf(one) * BYTES_A_CODE_UNIT
}
