import { attributesOf, getItems, type Table, type TransactWrite } from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { CODE, type Code, codeKey } from './code.ts'

/**
 * Finds an authorization code with a consistent read, also a spent or an old one.
 *
 * @param unverifiedCode - As the request has it.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findCode(table: Table, unverifiedCode: string): Promise<Code | undefined> {
  const [item] = await getItems(table, [codeKey(unverifiedCode)], namesOf(CODE))
  return item && valuesOf(CODE, item)
}

/** Returns the write of a new code. */
export const newCode = (code: string, values: Code): TransactWrite => ({
  Put: {
    Item: { ...codeKey(code), ...attributesOf(values) },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})
