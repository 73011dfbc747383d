import type { APIGatewayProxyEvent } from 'aws-lambda'
import { isAdministrator } from '../../../lib/application/roles.ts'
import { afterOf, invalid, type ReadRoute, searcherOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { findWithin, type Lookup } from '../../../lib/operators/reads/lookup.ts'
import { recordSearch } from '../../../lib/operators/reads/trail.ts'
import { isLoginName } from '../../../lib/users/login-name.ts'

const PER_PAGE = 25
const HITS_OF_SUPPORT = 10
const CHARACTERS_OF_SUPPORT = 3

/**
 * GET /admin-api/users: finds users by a name or an id. Only administrators list users: support cannot copy
 * the directory page by page.
 */
export const route: ReadRoute = async (event, at) => {
  const operator = await searcherOf(event, at)
  const isListing = isAdministrator(operator.user.role)
  const lookup = isListing ? listingOf(event) : searchOf(event)
  const { accounts, next } = await findWithin(at.table, operator.over, lookup)
  await recordSearch(
    at.table,
    operator.act,
    accounts.map(({ id }) => id),
  )
  const shown = accounts.map(({ id, username, email, role, disabled }) => ({
    id,
    username,
    email,
    role,
    disabled,
  }))
  return json(200, { users: shown, next: isListing ? next : undefined })
}

/** Returns the search of an administrator. @throws {@link ServiceError} `invalid_fields`. */
function listingOf(event: APIGatewayProxyEvent): Lookup {
  const { name, role } = event.queryStringParameters ?? {}
  if (name !== undefined && !isBeginning(name, 1)) throw invalid('name', nameRule(1))
  return { name, role, after: afterOf(event, isLoginName), limit: PER_PAGE }
}

/** Returns the search of support. @throws {@link ServiceError} `invalid_fields`. */
function searchOf(event: APIGatewayProxyEvent): Lookup {
  const { name = '', role, after } = event.queryStringParameters ?? {}
  if (!isBeginning(name, CHARACTERS_OF_SUPPORT)) throw invalid('name', nameRule(CHARACTERS_OF_SUPPORT))
  if (role !== undefined) throw invalid('role', 'Only administrators may list a role.')
  if (after !== undefined) throw invalid('after', 'Only administrators may list further pages.')
  return { name, limit: HITS_OF_SUPPORT }
}

const isBeginning = (name: string, least: number): boolean =>
  /^[!-~]{1,254}$/.test(name) && name.length >= least

const nameRule = (least: number): string => `Must be ${least} to 254 characters, without spaces.`
