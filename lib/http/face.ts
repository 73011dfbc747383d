import type { Config } from '../config.ts'
import type { PageContent } from './page.ts'

/**
 * Returns the face of the pages. `demo` also shows the access token and calls the protected routes. `plain`
 * is for the users of an application. Both have the name of the service. The text `face` selects their files.
 */
export function faceOf({ DEMO, SERVICE_NAME }: Config<'DEMO' | 'SERVICE_NAME'>): PageContent {
  const face = DEMO ? 'demo' : 'plain'
  return { parts: [face], texts: { face, serviceName: SERVICE_NAME } }
}
