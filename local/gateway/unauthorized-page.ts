import { createHash } from 'node:crypto'
import type { GatewayResponse } from './gateway-rules.ts'

const STYLE =
  'body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }'
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/**
 * Returns a 401 response that a person can read in a browser.
 *
 * Only the local gateway has it: API Gateway does not choose a template by `Accept`, so on AWS a browser shows the JSON
 * problem.
 *
 * @param response - The problem response, whose status and other headers stay.
 * @param hasPages - Whether to link to the pages.
 */
export function unauthorizedPage(response: GatewayResponse, hasPages: boolean): GatewayResponse {
  return {
    ...response,
    headers: {
      ...response.headers,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'`,
      Vary: [response.headers.Vary, 'Accept'].filter(Boolean).join(', '),
    },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>401 Unauthorized</title>
<style>${STYLE}</style>
<h1>401 Unauthorized</h1>
<p>This resource needs an access token. Send it in a header: <code>Authorization: Bearer …</code></p>
${hasPages ? '<p><a href="/signin">Sign in</a> to get one, or try the <a href="/docs">API</a>.</p>\n' : ''}</html>
`,
  }
}
