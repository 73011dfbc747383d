import { DEVICES_AND_ADMIN } from '../../../lib/openapi/devices/console.ts'
import { describeApi } from '../../../lib/openapi/document.ts'
import { OWN_RESPONSE, ownRoutesOf } from '../../../lib/openapi/own-routes.ts'
import { FEATURES, type Route } from '../../../lib/openapi/route.ts'
import { API_ROUTES, ROWS } from '../../../lib/openapi/routes/rows.ts'
import { describeService } from '../../support/process/service-description.ts'

const { API_SCOPES, OWN_ROUTES = '' } = describeService().functions.openapi?.environment ?? {}

/** What the service under test has: everything, but routes with scopes only if a function names some. */
export const SERVICE_FEATURES = FEATURES.filter((feature) => feature !== 'scopes' || API_SCOPES !== '')

const own = OWN_ROUTES === '' ? [] : OWN_ROUTES.split(',')

/** Describes the service under test, with the routes of `serverless.yml`. */
export const describeTested = (url: string, features = SERVICE_FEATURES) =>
  describeApi(url, features, { own, more: DEVICES_AND_ADMIN })

/** The rows of the service under test, but those of the pages. */
export const TESTED_ROUTES: Route[] = [
  ...API_ROUTES.filter(({ needs = [] }) => [needs].flat().every((one) => SERVICE_FEATURES.includes(one))),
  ...ownRoutesOf(own, ROWS),
]

/** Whether the description knows of a response only that the application sends it. */
export const isUnknown = (response: object): boolean =>
  'description' in response && response.description === OWN_RESPONSE

/** The API description, as clients read it. */
export type Document = ReturnType<typeof describeApi>

type Reference = { $ref?: string }

/** A response of an operation: the parts that tests read. */
export interface Response {
  headers?: Record<string, Reference>
  content?: Record<string, { schema: object; examples?: Record<string, { value: Record<string, unknown> }> }>
}

/** An operation: its method in upper case, and the template of its path. */
export interface Operation {
  method: string
  path: string
  security: object[]
  /** By status. */
  responses: Record<string, Reference>
}

/** Returns every operation of a description. */
export const operationsOf = ({ paths }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, responses }]) => ({
      method: method.toUpperCase(),
      path,
      security,
      responses: responses as Record<string, Reference>,
    })),
  )

/** Returns the target of a reference within the document, or the value itself if it is no reference. */
export function resolve<T>(document: Document, value: Reference | undefined): T {
  if (value?.$ref === undefined) return value as T
  const parts = value.$ref.slice(2).split('/')
  return parts.reduce<unknown>((found, part) => (found as Record<string, unknown>)[part], document) as T
}

/** Returns every response of every operation, once for each of its problems. */
export function expectedOf(document: Document): string[] {
  return operationsOf(document).flatMap(({ method, path, responses }) =>
    Object.entries(responses).flatMap(([status, reference]) => {
      if (isUnknown(reference)) return []
      const { content } = resolve<Response>(document, reference)
      const problems = Object.keys(content?.['application/problem+json']?.examples ?? {})
      const response = `${method} ${path} ${status}`
      return problems.length === 0 ? [response] : problems.map((problem) => `${response} ${problem}`)
    }),
  )
}
