import { createServer, request as forward, type IncomingMessage } from 'node:http'
import { listen } from '../local/aws-service.ts'

/** Operations of Lambda that the commands use, by method and the end of the path. */
const OF_LAMBDA: [RegExp, string][] = [
  [/^POST \S*\/invocations$/, 'InvokeFunction'],
  [/^GET \S*\/functions\/[^/]+$/, 'GetFunction'],
  [/^PUT \S*\/code$/, 'UpdateFunctionCode'],
  [/^(GET|PUT) \S*\/configuration$/, 'UpdateFunctionConfiguration'],
]

/** Those of SES. */
const OF_SES: [RegExp, string][] = [
  [/^GET \/v2\/email\/account$/, 'GetAccount'],
  [/^GET \/v2\/email\/identities\/[^/]+$/, 'GetEmailIdentity'],
  [/^GET \/v2\/email\/suppression\/addresses$/, 'ListSuppressedDestinations'],
]

const METHODS_OF_S3: Record<string, (url: string) => string> = {
  HEAD: (url) => (/^\/[^/?]+\/?(\?|$)/.test(url) ? 'ListBucket' : 'GetObject'),
  GET: (url) =>
    /[?&]versions/.test(url) ? 'ListBucketVersions' : /list-type/.test(url) ? 'ListBucket' : 'GetObject',
  PUT: () => 'PutObject',
  POST: () => 'DeleteObject',
}

/**
 * Returns the action of IAM that a request to AWS needs. The service is that of its signature; the operation stands in the body, in
 * a header, or in method and path.
 */
function actionOf({ headers, method = '', url = '' }: IncomingMessage, body: string): string {
  const [, service = ''] = /\/([a-z0-9-]+)\/aws4_request/.exec(headers.authorization ?? '') ?? []
  const target = headers['x-amz-target']
  if (service === 'apigateway') return `apigateway:${method}`
  if (service === 's3') return `s3:${METHODS_OF_S3[method]?.(url)}`
  if (service === 'lambda' || service === 'ses') {
    const call = `${method} ${url.replace(/\/?(\?.*)?$/, '')}`
    const operations = service === 'ses' ? OF_SES : OF_LAMBDA
    return `${service}:${operations.find(([pattern]) => pattern.test(call))?.[1] ?? call}`
  }
  if (service === 'monitoring') return `cloudwatch:${new URLSearchParams(body).get('Action')}`
  if (target !== undefined) return `${service}:${String(target).replace(/^.*\./, '')}`
  return `${service}:${new URLSearchParams(body).get('Action') ?? `${method} ${url}`}`
}

/** Starts a proxy in front of AWS that records the action of each call. */
export async function startRecorder(aws: string) {
  const actions = new Set<string>()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const { headers, method = '', url = '' } = request
    actions.add(actionOf(request, body.toString('latin1')))
    forward(`${aws}${url}`, { headers, method }, (output) => {
      response.writeHead(output.statusCode ?? 500, output.headers)
      output.pipe(response)
    }).end(body)
  })
  const { url, stop } = await listen(server)
  return { url, stop, actions }
}
