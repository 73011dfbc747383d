import { hasFederation, readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { serverUrlOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { DEVICES } from '../../lib/openapi/devices/routes.ts'
import { describeApi } from '../../lib/openapi/document.ts'
import { featuresOf } from '../../lib/openapi/route.ts'
import { DESCRIBED } from '../../lib/settings.ts'

/** GET /openapi.json with `deviceBoundSessions`: the description has what browsers use to bind sessions to devices. */
export const handler = apiHandler(async (event) => {
  const config = readConfig(DESCRIBED)
  const { OWN_ROUTES: own, SERVICE_NAME: title } = config
  const features = featuresOf({ ...config, FEDERATION: hasFederation(), DEVICES: true })
  return json(200, describeApi(serverUrlOf(event), features, { own, title, more: DEVICES }))
})
