import type { APIGatewayProxyEvent } from 'aws-lambda'
import { type FieldError, ServiceError } from '../../errors.ts'

/**
 * Returns the query parameter `after`.
 *
 * @param isCursor - Whether a value has the form of a cursor of this list.
 * @throws {@link ServiceError} `invalid_fields`.
 */
export function afterOf(
  { queryStringParameters }: APIGatewayProxyEvent,
  isCursor: (value: string) => boolean,
): string | undefined {
  const after = queryStringParameters?.after
  if (after === undefined || isCursor(after)) return after
  throw invalidQuery('after', 'Must be the `next` of a previous page.')
}

/** Returns the error of an invalid query parameter. */
export const invalidQuery = (name: string, detail: string, values?: FieldError['values']): ServiceError =>
  new ServiceError('invalid_fields', `${name} is invalid`, {
    fields: [{ pointer: `#/${name}`, detail, rule: 'format', values }],
  })
