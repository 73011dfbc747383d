import type { HeaderName } from './headers.ts'
import type { Route } from './routes.ts'

const pageHeaders = (cache: HeaderName): Record<string, HeaderName> => ({
  'Cache-Control': cache,
  'Content-Security-Policy': 'ContentSecurityPolicy',
  'Referrer-Policy': 'NoReferrer',
})
const text = { schema: { type: 'string' } }

/** A page, and the files that it is made of. */
const pageRoutes = (name: string, operationId: string, summary: string): Route[] => [
  {
    method: 'get',
    path: `/${name}`,
    operationId,
    tag: 'Pages',
    summary,
    answer: {
      status: 200,
      description: 'The page.',
      headers: pageHeaders('NoCache'),
      content: { 'text/html': text },
    },
    // With a slash behind its path.
    problems: ['not_found'],
  },
  {
    method: 'get',
    path: `/${name}/{file}`,
    operationId: `${operationId}File`,
    tag: 'Pages',
    summary: `A file of the page /${name}`,
    parameters: [
      {
        name: 'file',
        in: 'path',
        required: true,
        description: 'Its name, as the page names it, with a hash of what is in it.',
        schema: { type: 'string' },
      },
    ],
    answer: {
      status: 200,
      description: 'The file.',
      headers: pageHeaders('Immutable'),
      content: { 'text/css': text, 'text/javascript': text },
    },
    problems: ['not_found'],
  },
]

/** The routes of the pages, which can be switched off. */
export const PAGE_ROUTES: Route[] = [
  ...pageRoutes('docs', 'getDocsPage', 'This description, to read and to try'),
  ...pageRoutes('signin', 'getSigninPage', 'A page to sign in with'),
]
