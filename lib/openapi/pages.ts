import type { HeaderName } from './headers.ts'
import type { Route } from './route.ts'

const pageHeaders = (cache: HeaderName): Record<string, HeaderName> => ({
  'Cache-Control': cache,
  'Content-Security-Policy': 'ContentSecurityPolicy',
  'Referrer-Policy': 'NoReferrer',
})
const text = { schema: { type: 'string' } }

/** Returns the routes of a page and of its files. */
const pageRoutes = (name: string, operationId: string, summary: string): Route[] => [
  {
    method: 'get',
    path: `/${name}`,
    operationId,
    tag: 'Pages',
    summary,
    response: {
      description: 'The page.',
      headers: pageHeaders('NoCache'),
      content: { 'text/html': text },
    },
    // For its path with a trailing slash.
    problems: ['not_found'],
  },
  {
    method: 'get',
    path: `/${name}/{file}`,
    operationId: `${operationId}File`,
    tag: 'Pages',
    summary: `Get a file of the page /${name}`,
    parameters: [
      {
        name: 'file',
        in: 'path',
        required: true,
        description: 'The name of the file, which contains a hash of its content.',
        schema: { type: 'string' },
      },
    ],
    response: {
      description: 'The file.',
      headers: pageHeaders('Immutable'),
      content: { 'text/css': text, 'text/javascript': text },
    },
    problems: ['not_found'],
  },
]

/** The routes of the pages, which can be switched off. */
export const PAGE_ROUTES: Route[] = [
  ...pageRoutes('docs', 'getDocsPage', 'Get the API documentation page'),
  ...pageRoutes('signin', 'getSigninPage', 'Get the sign-in page'),
]
