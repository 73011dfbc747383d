import type { ApiRoute } from '../../../lib/http/handler.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { sentForm } from '../../../lib/http/sent-form.ts'

/**
 * POST /oauth2/authorize: leads a form to the page, with the form as its query (OpenID Connect Core section 3.1.2.1, RFC 9110 section
 * 15.4.4). Another body, or a longer form, leads to the page without a query, which says what is wrong.
 */
export const route: ApiRoute<unknown> = async (event) => {
  const form = sentForm(event)
  return {
    ...noContent({ Location: form === undefined ? 'authorize' : `authorize?${form}` }),
    statusCode: 303,
  }
}
