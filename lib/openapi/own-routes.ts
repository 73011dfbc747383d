import type { Route } from './route.ts'
import { CONTENT_ROUTES } from './routes/content.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/**
 * Returns routes of the application as rows of the description. Without a row in `CONTENT_ROUTES`, the
 * description has only method, path and protection of a route.
 *
 * @param own - The setting `OWN_ROUTES`.
 * @param known - Rows of the service. A route that is among them gets no second row.
 */
export const ownRoutesOf = (own: readonly string[], known: readonly Route[]): Route[] =>
  own.flatMap((text) => {
    // Their list is too long for the setting.
    if (text === '*') return CONTENT_ROUTES.map((row): Route => ({ ...row, isProtected: true }))
    const [, name = '', ofApi = '', mark] = /^([A-Z]+)([^!]*)(!?)$/.exec(text) ?? []
    const method = METHODS.find((one) => one === name.toLowerCase())
    // OpenAPI has no parameter for the rest of a path.
    const path = ofApi.replace('+}', '}')
    const isSame = (row: Route) => row.path === path && row.method === method
    if (method === undefined || known.some(isSame)) return []
    const row = CONTENT_ROUTES.find(isSame) ?? rowOf(method, path)
    const problems = [...(row.problems ?? []), ...(mark ? (['forbidden'] as const) : [])]
    return [{ ...row, isProtected: true, problems }]
  })

const rowOf = (method: Route['method'], path: string): Route => ({
  method,
  path,
  summary: `${method.toUpperCase()} ${path}`,
  isOwn: true,
  parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  response: { status: 200, description: OWN_RESPONSE },
})

/** What the description says of a response of which it knows nothing. */
export const OWN_RESPONSE = 'The response of the application.'
