import type { describeApi } from '../../../lib/openapi/document.ts'

/** The API description, as whoever reads it gets it. */
export type Document = ReturnType<typeof describeApi>

type Reference = { $ref?: string }

/** A response of an operation, as far as tests look at it. */
export interface Response {
  headers?: Record<string, Reference>
  content?: Record<string, { schema: object; examples?: Record<string, { value: Record<string, unknown> }> }>
}

/** An operation, by its method in capitals and the template of its path. */
export interface Operation {
  method: string
  path: string
  security: object[]
  /** By status. */
  responses: Record<string, Reference>
}

/** Every operation of a description. */
export const operationsOf = ({ paths }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, responses }]) => ({
      method: method.toUpperCase(),
      path,
      security,
      responses: responses as Record<string, Reference>,
    })),
  )

/** What is behind a reference within the document, or the very thing where there is none. */
export function resolve<T>(document: Document, thing: Reference | undefined): T {
  if (thing?.$ref === undefined) return thing as T
  const parts = thing.$ref.slice(2).split('/')
  return parts.reduce<unknown>((found, part) => (found as Record<string, unknown>)[part], document) as T
}

/** All that a test can see: each response of each operation, and each problem that a response may be. */
export function expectedOf(document: Document): string[] {
  return operationsOf(document).flatMap(({ method, path, responses }) =>
    Object.entries(responses).flatMap(([status, reference]) => {
      const { content } = resolve<Response>(document, reference)
      const problems = Object.keys(content?.['application/problem+json']?.examples ?? {})
      const seen = `${method} ${path} ${status}`
      return problems.length === 0 ? [seen] : problems.map((problem) => `${seen} ${problem}`)
    }),
  )
}
