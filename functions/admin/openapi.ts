import { readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { ADMIN } from '../../lib/openapi/routes/admin.ts'
import { describeService } from '../../lib/openapi/service.ts'

/** GET /openapi.json with `console=on`: the description has the routes of the console's API too. */
export const handler = apiHandler(async (event) => {
  const { ACT_AS } = readConfig(['ACT_AS'])
  return describeService(event, { features: { CONSOLE: true, ACT_AS }, more: ADMIN })
})
