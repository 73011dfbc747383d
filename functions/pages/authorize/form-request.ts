import { sentForm } from '../../../lib/http/forms/sent-form.ts'
import type { ApiRoute } from '../../../lib/http/handler.ts'
import { noContent } from '../../../lib/http/responses.ts'

/**
 * POST /oauth2/authorize: redirects a form to the page, as its query (OpenID Connect Core section 3.1.2.1,
 * RFC 9110 section 15.4.4). For another body, or a longer form, the page gets no query and shows what is
 * wrong.
 */
export const route: ApiRoute<unknown> = async (event) => {
  const form = sentForm(event)
  return {
    ...noContent({ Location: form === undefined ? 'authorize' : `authorize?${form}` }),
    statusCode: 303,
  }
}
