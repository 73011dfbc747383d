import { IS_PACKAGE } from '../../project/origin.ts'
import type { AuthMembers, HttpApi, Serverless, WrittenFunction } from '../framework.d.ts'
import { ownershipOf } from '../project/ownership.ts'
import { usesHttpApi } from './http-api.ts'
import { eventsOf } from './routes.ts'

/** Prints {@link noticesOfAddresses} before a project is packaged. */
export function sayAddresses(serverless: Serverless): void {
  if (!IS_PACKAGE) return
  const { functions, custom, provider } = serverless.service
  const { brought } = ownershipOf(serverless)
  const own = Object.fromEntries(Object.entries(functions).filter(([key]) => !brought.has(key)))
  for (const line of noticesOfAddresses(own, custom.auth, provider.httpApi)) console.error(line)
}

/**
 * Returns notices about the addresses of a project's APIs. Sign-in has another address, if the project has no http events. Without CORS,
 * the origins that the project lists cannot call its HTTP API.
 *
 * @param own - Functions of the project.
 */
export function noticesOfAddresses(
  own: Record<string, WrittenFunction>,
  { publicUrl, allowedOrigins }: Pick<AuthMembers, 'publicUrl' | 'allowedOrigins'>,
  httpApi: HttpApi = {},
): string[] {
  const hasHttp = Object.values(own).some((one) => eventsOf(one).some(({ http }) => http !== undefined))
  const address =
    typeof publicUrl === 'string' ? publicUrl : 'the address in the output PublicUrl of the stack'
  return [
    ...(hasHttp ? [] : [`The project has no http event, so sign-in has an API of its own, at ${address}.`]),
    ...(usesHttpApi(own) && !['', '*'].includes(allowedOrigins) && !httpApi.cors
      ? [
          'provider.httpApi.cors is missing, so pages of the parameter allowedOrigins cannot call the httpApi routes.',
        ]
      : []),
  ]
}
