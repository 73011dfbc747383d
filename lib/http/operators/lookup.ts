import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { ServiceError } from '../../errors.ts'
import type { Lookup } from '../../operators/reads/lookup.ts'
import { isLoginName } from '../../users/login-name.ts'
import { afterOf, invalidQuery } from '../schemas/query.ts'

const PER_PAGE = 25
const HITS_OF_SUPPORT = 10
const CHARACTERS_OF_SUPPORT = 3

/** Returns the search of an administrator. @throws {@link ServiceError} `invalid_fields`. */
export function listingOf(event: APIGatewayProxyEvent): Lookup {
  const { name, role } = event.queryStringParameters ?? {}
  if (name !== undefined && !isBeginning(name, 1)) throw nameRule(1)
  return { name, role, after: afterOf(event, isLoginName), limit: PER_PAGE }
}

/** Returns the search of support. @throws {@link ServiceError} `invalid_fields`. */
export function searchOf(event: APIGatewayProxyEvent): Lookup {
  const { name = '', role, after } = event.queryStringParameters ?? {}
  if (!isBeginning(name, CHARACTERS_OF_SUPPORT)) throw nameRule(CHARACTERS_OF_SUPPORT)
  if (role !== undefined) throw invalidQuery('role', 'Only administrators may list a role.')
  if (after !== undefined) throw invalidQuery('after', 'Only administrators may list further pages.')
  return { name, limit: HITS_OF_SUPPORT }
}

const isBeginning = (name: string, least: number): boolean =>
  /^[!-~]{1,254}$/.test(name) && name.length >= least

const nameRule = (min: number): ServiceError =>
  invalidQuery('name', `Must be ${min} to 254 characters, without spaces.`, { min, max: 254 })
