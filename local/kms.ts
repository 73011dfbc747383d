import { constants, generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { promisify } from 'node:util'

const ACCOUNT = '123456789012'

/** Signature algorithms of RSA keys. */
const ALGORITHMS = ['PKCS1_V1_5', 'PSS'].flatMap((padding) =>
  [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
)

/** Signature algorithms of other keys. */
const OTHER_ALGORITHMS = ['ECDSA_SHA_256', 'ECDSA_SHA_384', 'ECDSA_SHA_512', 'SM2DSA']

interface Key {
  arn: string
  publicKey: KeyObject
  privateKey: KeyObject
}

/** An error of KMS, with `__type` and HTTP status from the AWS KMS API Reference. */
class KmsError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/**
 * Creates a KMS with the operations `GetPublicKey` and `Sign`, over the real protocol. Each server has new keys
 * (`RSA_2048`, `SIGN_VERIFY`), in memory only.
 *
 * @param aliases - Names of the keys, `alias/…`.
 * @param region - Region that requests must be signed for.
 * @returns A server that does not listen yet.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export async function createKms(aliases: readonly string[], region: string): Promise<Server> {
  const makePair = promisify(generateKeyPair)
  const keys = new Map<string, Key>()
  const addKey = async (alias: string) => {
    const id = randomUUID()
    const arn = `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`
    const key = { arn, ...(await makePair('rsa', { modulusLength: 2048 })) }
    for (const name of [alias, `arn:aws:kms:${region}:${ACCOUNT}:${alias}`, id, arn]) keys.set(name, key)
  }
  await Promise.all(aliases.map(addKey))

  return createServer(async (request, response) => {
    let status = 200
    let output: object
    try {
      const body = await readText(request)
      checkCredentialScope(request, region)
      output = run(request.headers['x-amz-target'], body, keys, region)
    } catch (error) {
      status = error instanceof KmsError ? 400 : 500
      const { type, message } =
        error instanceof KmsError ? error : { type: 'KMSInternalException', message: '' }
      output = { __type: type, message }
    }
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output))
  })
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Checks that the request is signed for this day, region and service (Signature Version 4). */
function checkCredentialScope({ headers }: IncomingMessage, region: string): void {
  if (headers.authorization === undefined) {
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  const [, scope] = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/([^,]+),/.exec(headers.authorization) ?? []
  const day = String(headers['x-amz-date']).slice(0, 8)
  if (scope !== `${day}/${region}/kms/aws4_request`) {
    throw new KmsError(
      'InvalidSignatureException',
      'Credential should be scoped to a valid region and service.',
    )
  }
}

function run(target: unknown, body: string, keys: ReadonlyMap<string, Key>, region: string): object {
  const operation = OPERATIONS.get(String(target))
  if (operation === undefined) throw new KmsError('UnknownOperationException', '')
  const input = parseInput(body)
  const name = input.KeyId
  if (typeof name !== 'string') throw new KmsError('ValidationException', "Value at 'keyId' must not be null")
  const key = keys.get(name)
  if (key === undefined) {
    const what = name.startsWith('alias/') ? 'Alias' : 'Key'
    const resource = name.startsWith('arn:')
      ? name
      : `arn:aws:kms:${region}:${ACCOUNT}:${what === 'Alias' ? name : `key/${name}`}`
    throw new KmsError('NotFoundException', `${what} ${resource} is not found.`)
  }
  return operation(key, input)
}

function parseInput(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body))
  } catch {
    throw new KmsError('SerializationException', '')
  }
}

const OPERATIONS = new Map([
  ['TrentService.GetPublicKey', getPublicKey],
  ['TrentService.Sign', signMessage],
])

function getPublicKey({ arn, publicKey }: Key): object {
  return {
    KeyId: arn,
    PublicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    KeySpec: 'RSA_2048',
    CustomerMasterKeySpec: 'RSA_2048',
    KeyUsage: 'SIGN_VERIFY',
    SigningAlgorithms: ALGORITHMS,
  }
}

function signMessage({ arn, privateKey }: Key, input: Record<string, unknown>): object {
  const { Message, MessageType = 'RAW', SigningAlgorithm } = input
  const algorithm = String(SigningAlgorithm)
  if (OTHER_ALGORITHMS.includes(algorithm)) {
    throw new KmsError('InvalidKeyUsageException', `An RSA key does not sign with ${algorithm}.`)
  }
  if (!ALGORITHMS.includes(algorithm) || MessageType !== 'RAW' || typeof Message !== 'string') {
    throw new KmsError('ValidationException', 'This KMS signs a RAW Message, and nothing else.')
  }
  const message = Buffer.from(Message, 'base64')
  if (message.length < 1 || message.length > 4096) {
    throw new KmsError('ValidationException', "Value at 'message' must have length between 1 and 4096")
  }
  const padding = algorithm.includes('PSS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const key = { key: privateKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const signature = sign(`sha${algorithm.slice(-3)}`, message, key)
  return { KeyId: arn, Signature: signature.toString('base64'), SigningAlgorithm }
}
