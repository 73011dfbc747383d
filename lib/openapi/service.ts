import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { hasFederation, readConfig } from '../config.ts'
import { serverUrlOf } from '../http/headers.ts'
import { json } from '../http/responses.ts'
import { type Addition, describeApi } from './document.ts'
import { featuresOf } from './route.ts'

/** What the description of a service has in addition. */
interface More {
  features: { CONSOLE?: boolean; ACT_AS?: boolean }
  more?: Addition
}

/** Responds with the description of the service that the settings describe. */
export function describeService(
  event: APIGatewayProxyEvent,
  { features, more }: More,
): APIGatewayProxyResult {
  const config = readConfig([
    'PAGES',
    'MAILER',
    'REGISTRATION',
    'OAUTH',
    'API_SCOPES',
    'OWN_ROUTES',
    'SERVICE_NAME',
    'DEMO',
  ])
  const switchedOn = featuresOf({ ...config, FEDERATION: hasFederation(), ...features })
  const { OWN_ROUTES: own, SERVICE_NAME: title } = config
  return json(200, describeApi(serverUrlOf(event), switchedOn, { own, title, ...(more && { more }) }))
}
