import { createPublicKey, verify } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createRequire } from 'node:module'
import { json } from 'node:stream/consumers'
import { awsSettings } from '../../lib/aws/settings.ts'
import { requestSigner } from '../../lib/aws/sign.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyFromSpki } from '../../lib/tokens/public-keys.ts'
import { REVOCATION_STATE } from '../../lib/users/revocation.ts'
import { profileKey } from '../../lib/users/store.ts'

// Calls in turns, on the same tokens: a warm authorizer, its verification without the store, its floor, a
// bare crypto.verify, and a bare read of the user. That is a request of the same bytes over a connection that
// is kept. None of them caches tokens.
const WARM_UP_BLOCKS = 40
const BLOCK = 25

const [bundle = '', inputFile = ''] = process.argv.slice(2)
const { floor, tokens, event, publicKey, parties } = JSON.parse(readFileSync(inputFile, 'utf8'))
const require = createRequire(import.meta.url)
const { handler } = require(bundle)
const { handler: floorHandler } = require(floor)
const key = createPublicKey(publicKey)
const known = publicKeyFromSpki(key.export({ format: 'der', type: 'spki' }))
const keys = new Map([[known.kid, known]])
const context = { getRemainingTimeInMillis: () => 5_000 }

const endpoint = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? '')
const agent = new Agent({ keepAlive: true })
const sign = requestSigner(awsSettings(), 'dynamodb', endpoint.host)

/** What the authorizer sends to read a user, signed once. The stand-in reads no signature. */
const requestOf = (userId: string) => {
  const body = JSON.stringify({
    TableName: process.env.TABLE_NAME,
    Key: profileKey(userId),
    ConsistentRead: true,
    ProjectionExpression: REVOCATION_STATE.join(', '),
  })
  return { body, headers: sign('GetItem', body, new Date()) }
}

const readUser = ({ body, headers }: ReturnType<typeof requestOf>) =>
  new Promise<{ Item?: object }>((resolve, reject) => {
    request(endpoint, { method: 'POST', agent, headers }, (response) =>
      resolve(json(response) as Promise<object>),
    )
      .on('error', reject)
      .end(body)
  })

const calls = (tokens as string[]).map((token) => {
  const [header, payload = '', signature = ''] = token.split('.')
  return {
    token,
    event: { ...event, authorizationToken: `Bearer ${token}` },
    input: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
    read: requestOf(String(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub)),
  }
})

type Call = (typeof calls)[number]

/** Returns the microseconds of each call, one after the other. */
async function timeUs(block: readonly Call[], act: (call: Call) => unknown): Promise<number> {
  const start = performance.now()
  // The authorizer throws on a rejected token, which ends the bench.
  for (const call of block) await act(call)
  return ((performance.now() - start) * 1000) / block.length
}

const rounds = []
for (let at = 0; at + BLOCK <= calls.length; at += BLOCK) {
  const block = calls.slice(at, at + BLOCK)
  rounds.push({
    authorizerUs: await timeUs(block, (call) => handler(call.event, context)),
    verificationUs: await timeUs(block, ({ token }) =>
      verifyAccessToken(readUnverified(token), keys, parties, new Date()),
    ),
    floorAuthorizerUs: await timeUs(block, (call) => floorHandler(call.event)),
    verifyUs: await timeUs(block, ({ input, signature }) => {
      if (!verify('sha256', input, key, signature)) throw new Error('a token does not verify')
    }),
    readUs: await timeUs(block, async ({ read }) => {
      const { Item } = await readUser(read)
      if (Item === undefined) throw new Error('the stand-in has no such user')
    }),
  })
}
writeSync(3, JSON.stringify(rounds.slice(WARM_UP_BLOCKS)))
