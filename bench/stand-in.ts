import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createKms } from '../local/kms.ts'

// AWS for the bench, in a process of its own so that it takes no time from the function's thread. KMS is the one
// that local development has: signatures must be real, or no token would verify. DynamoDB gives back whatever
// item was put last.
const [region = '', ...keyAliases] = process.argv.slice(2)

let answer = '{}'
const dynamodb = createServer(async (request, response) => {
  const body = JSON.parse(await text(request))
  if ('Item' in body) answer = JSON.stringify({ Item: body.Item })
  response.end(answer)
})

const listen = (server: typeof dynamodb) =>
  new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })

process.on('disconnect', () => process.exit())
process.send?.({ dynamodb: await listen(dynamodb), kms: await listen(await createKms(keyAliases, region)) })
