import type { Config } from '../config.ts'
import type { PageContent } from './page.ts'

/**
 * Returns the face of the pages: `demo` also shows the access token and calls the protected routes, and `plain` is for the users of
 * an application. Both have the name of the service.
 */
export const faceOf = ({ DEMO, SERVICE_NAME }: Config<'DEMO' | 'SERVICE_NAME'>): PageContent => ({
  parts: [DEMO ? 'demo' : 'plain'],
  texts: { serviceName: SERVICE_NAME },
})
