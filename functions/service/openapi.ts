import { apiHandler } from '../../lib/http/handler.ts'
import { describeService } from '../../lib/openapi/service.ts'

/**
 * GET /openapi.json: the description of this API (OpenAPI 3.1). It contains the host of the request,
 * so caches must not store it.
 */
export const handler = apiHandler(async (event) => describeService(event, { features: {} }))
