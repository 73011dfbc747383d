import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { sentForm } from '../../../lib/http/forms/sent-form.ts'
import { type ApiRoute, apiHandler } from '../../../lib/http/handler.ts'
import { pageRoute } from '../../../lib/http/page.ts'
import { bySharedPath } from '../../../lib/http/shared-path.ts'
import { route as form } from './form-request.ts'
import { site } from './site.ts'

/** Query for a form that cannot be passed on. The service rejects it, because a parameter is repeated. */
const INVALID_FORM = 'form=&form='

const page = pageRoute({
  ...site,
  readContent: (event) => {
    const { parts, texts } = faceOf(readConfig(['DEMO', 'SERVICE_NAME']))
    const form = event.httpMethod === 'POST' ? `?${sentForm(event) ?? INVALID_FORM}` : ''
    return { parts, texts: { ...texts, form } }
  },
})

/** The page has the form in an attribute, so that no URL contains an id_token, and its language. No cache stores the page. */
const logoutByForm: ApiRoute<unknown> = async (event, request) => {
  const ui_locales = new URLSearchParams(sentForm(event)).get('ui_locales') ?? undefined
  const queryStringParameters = { ui_locales, ...event.queryStringParameters }
  const { headers, ...response } = await page({ ...event, queryStringParameters }, request)
  return { ...response, headers: { ...headers, 'Cache-Control': 'no-store' } }
}

/**
 * GET /oauth2/authorize and GET /oauth2/authorize/{file}: the page of an authorization request, and its
 * files. The page sends the query to `POST /oauth2/approve`. POST /oauth2/authorize leads a form to the page.
 * GET and POST /oauth2/logout: the page of a sign-out that an app requests (OpenID Connect RP-Initiated
 * Logout 1.0 section 2).
 */
export const handler = apiHandler(
  bySharedPath({
    'GET /oauth2/authorize': page,
    'GET /oauth2/authorize/{file}': page,
    'POST /oauth2/authorize': form,
    'GET /oauth2/logout': page,
    'POST /oauth2/logout': logoutByForm,
  }),
)
