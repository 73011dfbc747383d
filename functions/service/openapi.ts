import { readConfig } from '../../lib/config.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'
import { describeApi, serverUrlOf } from '../../lib/openapi/document.ts'

const hasPages = readConfig(['PAGES']).PAGES === 'on'

/** GET /openapi.json: the description of this API (OpenAPI 3.1). It names the host that it was asked at: not to be kept. */
export const handler = apiHandler(async (event) => {
  return json(200, describeApi(serverUrlOf(event), hasPages))
})
