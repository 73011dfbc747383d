import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'

// Serves GET / by the bundles of the authorizer and of the content in one process, as API Gateway does without its cache: each
// request calls the authorizer, which verifies the token and reads the user, and then the content.
const [port, authorizerPath = '', contentPath = '', inputFile = ''] = process.argv.slice(2)
const { authorizer, content } = JSON.parse(readFileSync(inputFile, 'utf8'))
const require = createRequire(import.meta.url)
const { handler: authorize } = require(authorizerPath)
const { handler: respond } = require(contentPath)
const context = { getRemainingTimeInMillis: () => 5_000 }

async function serve(headers: NodeJS.Dict<string | string[]>, response: ServerResponse): Promise<void> {
  let result: unknown
  try {
    result = await authorize({ ...authorizer, authorizationToken: headers.authorization }, context)
  } catch (error) {
    response.writeHead(error instanceof Error && error.message === 'Unauthorized' ? 401 : 503).end()
    return
  }
  const authorization = readAuthorization(result)
  if (authorization === undefined || !allows(authorization.statements, authorizer.methodArn)) {
    response.writeHead(403).end()
    return
  }
  const { principalId, context: values } = authorization
  const requestContext = { ...content.requestContext, authorizer: { ...values, principalId } }
  const { statusCode, headers: own, body } = await respond({ ...content, headers, requestContext }, context)
  response.writeHead(statusCode, own).end(body)
}

createServer(({ headers }, response) => serve(headers, response)).listen(Number(port), '127.0.0.1')
