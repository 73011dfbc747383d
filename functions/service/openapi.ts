import { hasFederation, readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { serverUrlOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { describeApi } from '../../lib/openapi/document.ts'
import { featuresOf } from '../../lib/openapi/route.ts'
import { DESCRIBED } from '../../lib/settings.ts'

/**
 * GET /openapi.json: the description of this API (OpenAPI 3.1). It contains the host of the request,
 * so caches must not store it.
 */
export const handler = apiHandler(async (event) => {
  const config = readConfig(DESCRIBED)
  const { OWN_ROUTES: own, SERVICE_NAME: title } = config
  const features = featuresOf({ ...config, FEDERATION: hasFederation() })
  return json(200, describeApi(serverUrlOf(event), features, { own, title }))
})
