import type { ProblemName } from './problems.ts'
import type { Route } from './route.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/**
 * Returns routes of the application as rows of the description. It does not know their bodies, or the headers
 * of a success.
 *
 * @param own - The setting `OWN_ROUTES`.
 * @param known - Rows with more details. A route that is among them gets no second row.
 */
export const ownRoutesOf = (own: readonly string[], known: readonly Route[]): Route[] =>
  own.flatMap((text) => {
    const [, name = '', ofApi = '', mark] = /^([A-Z]+)([^!]*)(!?)$/.exec(text) ?? []
    const method = METHODS.find((one) => one === name.toLowerCase())
    // OpenAPI has no parameter for the rest of a path.
    const path = ofApi.replace('+}', '}')
    if (method === undefined || known.some((row) => row.path === path && row.method === method)) return []
    const problems: ProblemName[] = mark ? ['forbidden'] : []
    return [
      {
        method,
        path,
        summary: `${name} ${path}`,
        isProtected: true,
        isOwn: true,
        parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
          name: parameter,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        response: { status: 200, description: 'The response of the application.' },
        problems,
      },
    ]
  })
