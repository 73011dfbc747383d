import { didYouMean } from '../../project/did-you-mean.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { logicalName } from '../project/functions.ts'
import { faultsOfHttpRoutes } from './http-authorizer.ts'
import { eventsOf } from './routes.ts'

/** Finds authorizers that are mistyped, and others that would get the logical id of this one. */
export function faultsOfAuthorizers(
  key: string,
  definition: WrittenFunction,
  known: readonly string[],
): string[] {
  const ofRest = eventsOf(definition).flatMap(({ http }) => {
    const { authorizer } = Object(http)
    if (logicalName(nameOf(authorizer)) === 'Authorizer') {
      return [
        `Function ${key} has an authorizer with the name "${nameOf(authorizer)}", which is that of serverless-jwt-auth. Give yours another name, or write "authorizer: auth".`,
      ]
    }
    return typeof authorizer !== 'string' ||
      known.includes(authorizer) ||
      /^(arn:|aws_iam$)/i.test(authorizer)
      ? []
      : [`Function ${key} has an unknown authorizer "${authorizer}".${didYouMean(authorizer, known)}`]
  })
  return [...ofRest, ...faultsOfHttpRoutes(key, definition)]
}

/** Returns the name that the framework gives to an authorizer. One that is named by its id has none. */
function nameOf(authorizer: unknown): string {
  if (typeof authorizer === 'string' && !authorizer.includes(':')) return authorizer
  const { type, authorizerId, name, arn = authorizer } = Object(authorizer)
  if (type && authorizerId) return ''
  if (typeof name === 'string') return name
  return typeof arn === 'string' ? String(arn.split(/[:-]/).at(-1)) : ''
}
