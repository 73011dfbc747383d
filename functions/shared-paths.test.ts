import { expect, test } from 'vitest'
import { ROWS } from '../lib/openapi/routes/rows.ts'
import { gatewayResponses } from '../local/gateway/gateway-rules.ts'
import { useAws } from '../test/support/aws/table.ts'
import { warmHandlers } from '../test/support/http/handlers.ts'
import { COMMON_HEADERS, lambdaContext, sampleEvent } from '../test/support/http/lambda.ts'
import { recordLogs } from '../test/support/logs.ts'
import { describeService, resourcesOf } from '../test/support/process/service-description.ts'

const service = describeService()
const aws = await useAws(service)
const handlerOf = warmHandlers(service, aws)
recordLogs([], ['info', 'error'])

// Pages of the service only read the responses of the console.
const shared = ROWS.filter(({ gatewayPath, tag }) => gatewayPath && tag !== 'Admin')

test.each(shared)(
  'at $gatewayPath, the function of $method $path knows no other step',
  async ({ method, path, gatewayPath: resource = '', function: key = '' }) => {
    const event = sampleEvent(`${method.toUpperCase()} ${path}`)
    const handler = await handlerOf(key)
    const [, parameter = ''] = /\{(\w+)/.exec(resource) ?? []
    for (const step of ['more', '', '__proto__', resource]) {
      const asked = { ...event, pathParameters: { [parameter]: step } }
      expect(await handler(asked, lambdaContext())).toEqual(unknownPath())
    }
  },
)

test('without mails, no mail proves an enrolment', async () => {
  const { enrolment = { handler: '' } } = service.functions
  const without = { ...enrolment, environment: { ...enrolment.environment, MAILER: '' } }
  const handler = await warmHandlers({ ...service, functions: { enrolment: without } }, aws)('enrolment')
  expect(await handler(sampleEvent('POST /enrolment/mail'), lambdaContext())).toEqual(unknownPath())
})

/** Returns a function's response for a path that the gateway does not know, with the body and the headers of the gateway's own one. */
function unknownPath() {
  const { status, headers, body } =
    gatewayResponses(resourcesOf(service)).get('MISSING_AUTHENTICATION_TOKEN') ?? {}
  return { statusCode: status, headers: { ...headers, ...COMMON_HEADERS }, body }
}
