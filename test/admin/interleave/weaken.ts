import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Weakening } from '../../support/interleave/world.ts'
import { PROMOTED } from './acts.ts'

type Input = Attempt['input']

/** Changes the conditions on the profiles of the caller and the user, of each transaction that has them. */
const demand =
  (weaken: (check: Input) => unknown): Alter =>
  (_, input) => {
    for (const { ConditionCheck: check } of input.TransactItems ?? []) {
      if (check?.ExpressionAttributeValues?.[':disabled']) weaken(check)
    }
    return undefined
  }

/** Makes parts of the condition hold always. Their values stay in use, because DynamoDB rejects unused ones. */
const without = (...parts: string[]) =>
  demand((check) => {
    for (const part of parts) {
      check.ConditionExpression = check.ConditionExpression.replace(part, `(${part} OR attribute_exists(pk))`)
    }
  })

const [GENERATION, ROLE, DISABLED] = [
  'generation = :generation',
  '#role = :role',
  'disabled = :disabled',
] as const

/** A change that each rule is shown by. */
export const CHANGE = 'PATCH /admin-api/users/{id}'

/** What a change of something that belongs to a user is shown by. */
const END_SESSION = 'POST /admin-api/users/{id}/sessions/{sid}/end'

/** Takes one rule away from each. A loss of the role and a disabling raise the generation, too. */
export const WEAKENINGS: Record<string, Weakening<string>> = {
  'the generation of the caller': {
    alter: without(GENERATION),
    acts: [CHANGE, 'root gets another password'],
    shows: /takes effect after root gets another password/,
  },
  'the role of the caller, and the generation': {
    alter: without(GENERATION, ROLE),
    acts: [CHANGE, 'root loses the role'],
    shows: /takes effect after root loses the role/,
  },
  'a caller who is enabled, and the generation': {
    alter: without(GENERATION, DISABLED),
    acts: [CHANGE, 'root is disabled'],
    shows: /takes effect after root is disabled/,
  },
  'a caller who exists': {
    alter: demand((check) => {
      check.ConditionExpression = `(${check.ConditionExpression}) OR attribute_not_exists(pk)`
    }),
    acts: [CHANGE, 'root is removed'],
    shows: /takes effect after root is removed/,
  },
  'the role and the generation of the user': {
    alter: without(GENERATION, ROLE),
    acts: [END_SESSION, PROMOTED],
    shows: /takes effect after ada becomes an administrator/,
  },
  'a demand of two administrators': {
    alter: without(GENERATION, DISABLED),
    acts: [`root: ${CHANGE} of boss`, `boss: ${CHANGE} of root`],
    shows: /no enabled administrator/,
  },
}
