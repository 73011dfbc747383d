import { generateKeyPair, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { promisify } from 'node:util'
import { OPERATOR_REGION } from '../rest-json.ts'
import { type Input, type Key, KmsError, OPERATIONS } from './kms-operations.ts'
import { createSymmetricKey } from './symmetric-key.ts'

const ACCOUNT = '123456789012'

/**
 * Creates a KMS with the operations that the service calls, over the real protocol: `GetPublicKey` and `Sign`, `Encrypt` and
 * `Decrypt`. Each server has new keys, in memory only.
 *
 * @param signing - Names of the keys that sign (`RSA_2048`, `SIGN_VERIFY`), `alias/…`.
 * @param region - Region that requests must be signed for.
 * @param encrypting - Names of the keys that encrypt (`SYMMETRIC_DEFAULT`, `ENCRYPT_DECRYPT`).
 * @returns A server that does not listen yet.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
 */
export async function createKms(
  signing: readonly string[],
  region: string,
  encrypting: readonly string[] = [],
): Promise<Server> {
  const makePair = promisify(generateKeyPair)
  const keys = new Map<string, Key>()
  const addKey = async (alias: string, make: (id: string, arn: string) => Promise<Key>) => {
    const id = randomUUID()
    const arn = `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`
    const key = await make(id, arn)
    for (const name of [alias, `arn:aws:kms:${region}:${ACCOUNT}:${alias}`, id, arn]) keys.set(name, key)
  }
  const rsa = async (_id: string, arn: string): Promise<Key> => {
    const pair = await makePair('rsa', { modulusLength: 2048 })
    return { arn, usage: 'SIGN_VERIFY', ...pair }
  }
  const symmetric = async (id: string, arn: string): Promise<Key> => ({
    arn,
    usage: 'ENCRYPT_DECRYPT',
    ...createSymmetricKey(id),
  })
  await Promise.all([
    ...signing.map((alias) => addKey(alias, rsa)),
    ...encrypting.map((alias) => addKey(alias, symmetric)),
  ])

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
  if (![region, OPERATOR_REGION].some((one) => scope === `${day}/${one}/kms/aws4_request`)) {
    throw new KmsError(
      'InvalidSignatureException',
      'Credential should be scoped to a valid region and service.',
    )
  }
}

type Keys = ReadonlyMap<string, Key>

function run(target: unknown, body: string, keys: Keys, region: string): object {
  const operation = OPERATIONS.get(String(target))
  if (operation === undefined) throw new KmsError('UnknownOperationException', '')
  return operation(parseInput(body), (name) => findKey(keys, name, region))
}

function findKey(keys: Keys, name: unknown, region: string): Key {
  if (typeof name !== 'string') throw new KmsError('ValidationException', "Value at 'keyId' must not be null")
  const key = keys.get(name)
  if (key !== undefined) return key
  const what = name.startsWith('alias/') ? 'Alias' : 'Key'
  const resource = name.startsWith('arn:')
    ? name
    : `arn:aws:kms:${region}:${ACCOUNT}:${what === 'Alias' ? name : `key/${name}`}`
  throw new KmsError('NotFoundException', `${what} ${resource} is not found.`)
}

function parseInput(body: string): Input {
  try {
    return Object(JSON.parse(body))
  } catch {
    throw new KmsError('SerializationException', '')
  }
}
