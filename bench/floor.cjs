// The least that works on AWS as an authorizer and as a login, with Node only. It leaves out:
// - the read of the user (a revoked token is valid until it expires), key turnovers, most checks of a token, guarded routes;
// - of the login: limits of guesses, session and refresh token, second factors, other kinds of hashes, most claims;
// - of both: HTTPS, repeated requests to AWS, the validation of input and of settings, the log.
const crypto = require('node:crypto')
const { request } = require('node:http')
const { TOKEN_ISSUER: iss, TOKEN_AUDIENCE: aud, TABLE_NAME: TableName, ...env } = process.env
const decode = (text) => Buffer.from(text, 'base64url')
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest()
/** Calls an operation of AWS, with Signature Version 4. */
function aws(service, target, input) {
  const { href, host } = new URL(env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`])
  const [body, date] = [JSON.stringify(input), new Date().toISOString().replace(/[:-]|\.\d{3}/g, '')]
  const scope = [date.slice(0, 8), env.AWS_REGION, service, 'aws4_request']
  const names = 'host;x-amz-date;x-amz-target'
  const lines = `host:${host}\nx-amz-date:${date}\nx-amz-target:${target}\n`
  const hashed = crypto.hash('sha256', `POST\n/\n\n${lines}\n${names}\n${crypto.hash('sha256', body)}`)
  const key = scope.reduce(hmac, `AWS4${env.AWS_SECRET_ACCESS_KEY}`)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${hashed}`).toString('hex')
  const credential = `AWS4-HMAC-SHA256 Credential=${env.AWS_ACCESS_KEY_ID}/${scope.join('/')}`
  const authorization = `${credential}, SignedHeaders=${names}, Signature=${signature}`
  const headers = { host, 'x-amz-date': date, 'x-amz-target': target, authorization }
  return new Promise((resolve, reject) => {
    const read = async (response) => resolve(JSON.parse(Buffer.concat(await response.toArray())))
    request(href, { method: 'POST', headers }, read).on('error', reject).end(body)
  })
}
const kms = (operation, input) => aws('kms', `TrentService.${operation}`, input)
const get = async (Key) => (await aws('dynamodb', 'DynamoDB_20120810.GetItem', { TableName, Key })).Item
let publicKey
async function authorize({ authorizationToken, methodArn: Resource }) {
  const KeyId = env.PUBLISHED_KEYS.split(',')[0]
  const from = { format: 'der', type: 'spki', encoding: 'base64' }
  publicKey ??= crypto.createPublicKey({ key: (await kms('GetPublicKey', { KeyId })).PublicKey, ...from })
  const [header, payload, signature] = authorizationToken.replace('Bearer ', '').split('.')
  const isSigned = crypto.verify('sha256', `${header}.${payload}`, publicKey, decode(signature))
  const { username, role, ...claims } = JSON.parse(decode(payload))
  const isMeant = claims.iss === iss && claims.aud === aud && claims.exp > Date.now() / 1000
  if (!isSigned || !isMeant || JSON.parse(decode(header)).typ !== 'at+jwt') throw new Error('Unauthorized')
  const allow = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource }
  const policyDocument = { Version: '2012-10-17', Statement: [allow] }
  return { principalId: claims.sub, policyDocument, context: { username, role } }
}
async function logIn({ body }) {
  const { username, password: message } = JSON.parse(body)
  const { userId } = await get({ pk: { S: `name#${username}` }, sk: { S: 'name' } })
  const { passwordHash } = await get({ pk: { S: `user#${userId.S}` }, sk: { S: 'profile' } })
  const [, m, t, p, salt, tag] = /m=(\d+),t=(\d+),p=(\d+)\$(.+)\$(.+)$/.exec(passwordHash.S)
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p), tagLength: 32 }
  const hash = crypto.argon2Sync('argon2id', { message, nonce: decode(salt), ...cost })
  if (!crypto.timingSafeEqual(hash, decode(tag))) return { statusCode: 401 }
  const exp = Math.ceil(Date.now() / 1000) + 1800
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${encode({ iss, aud, sub: userId.S, exp })}`
  const how = { KeyId: env.SIGNING_KEY, MessageType: 'RAW', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }
  const { Signature } = await kms('Sign', { Message: btoa(input), ...how })
  const authToken = `${input}.${decode(Signature).toString('base64url')}`
  return { statusCode: 200, body: JSON.stringify({ authToken }) }
}
exports.handler = (event) => (event.authorizationToken ? authorize(event) : logIn(event))
