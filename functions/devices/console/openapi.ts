import { hasFederation, readConfig } from '../../../lib/config.ts'
import { apiHandler } from '../../../lib/http/handler.ts'
import { serverUrlOf } from '../../../lib/http/headers.ts'
import { json } from '../../../lib/http/responses.ts'
import { DEVICES_AND_ADMIN } from '../../../lib/openapi/devices/console.ts'
import { describeApi } from '../../../lib/openapi/document.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import { DESCRIBED } from '../../../lib/settings.ts'

/** GET /openapi.json with `deviceBoundSessions` and `console=on`. */
export const handler = apiHandler(async (event) => {
  const config = readConfig([...DESCRIBED, 'ACT_AS'])
  const { OWN_ROUTES: own, SERVICE_NAME: title } = config
  const features = featuresOf({ ...config, FEDERATION: hasFederation(), DEVICES: true, CONSOLE: true })
  return json(200, describeApi(serverUrlOf(event), features, { own, title, more: DEVICES_AND_ADMIN }))
})
