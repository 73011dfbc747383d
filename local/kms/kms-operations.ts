import { constants, type KeyObject, sign } from 'node:crypto'
import { type EncryptionContext, keyIdIn, type SymmetricKey } from './symmetric-key.ts'

/** Signature algorithms of RSA keys. */
const ALGORITHMS = ['PKCS1_V1_5', 'PSS'].flatMap((padding) =>
  [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
)

/** Signature algorithms of other keys. */
const OTHER_ALGORITHMS = ['ECDSA_SHA_256', 'ECDSA_SHA_384', 'ECDSA_SHA_512', 'SM2DSA']

/** A key that signs. */
interface SigningKey {
  arn: string
  usage: 'SIGN_VERIFY'
  publicKey: KeyObject
  privateKey: KeyObject
}

/** A key that encrypts. */
interface EncryptionKey extends SymmetricKey {
  arn: string
  usage: 'ENCRYPT_DECRYPT'
}

/** A key of the local KMS. */
export type Key = SigningKey | EncryptionKey

/** An error of KMS, with `__type` and HTTP status from the AWS KMS API Reference. */
export class KmsError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** Input of an operation, as the client sends it. */
export type Input = Record<string, unknown>

type Operation = (input: Input, find: (name: unknown) => Key) => object

/** Operations by the value of the header `X-Amz-Target`. Each finds its key by any of the key's names. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['TrentService.GetPublicKey', getPublicKey],
  ['TrentService.Sign', signMessage],
  ['TrentService.Encrypt', encryptPlaintext],
  ['TrentService.Decrypt', decryptCiphertext],
])

function getPublicKey({ KeyId }: Input, find: (name: unknown) => Key): object {
  const key = find(KeyId)
  if (key.usage !== 'SIGN_VERIFY') {
    throw new KmsError('UnsupportedOperationException', `${key.arn} has no public key.`)
  }
  return {
    KeyId: key.arn,
    PublicKey: key.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    KeySpec: 'RSA_2048',
    CustomerMasterKeySpec: 'RSA_2048',
    KeyUsage: key.usage,
    SigningAlgorithms: ALGORITHMS,
  }
}

function signMessage(input: Input, find: (name: unknown) => Key): object {
  const key = find(input.KeyId)
  const { Message, MessageType = 'RAW', SigningAlgorithm } = input
  const algorithm = String(SigningAlgorithm)
  if (key.usage !== 'SIGN_VERIFY') throw unusable(key, 'Sign')
  if (OTHER_ALGORITHMS.includes(algorithm)) {
    throw new KmsError('InvalidKeyUsageException', `An RSA key does not sign with ${algorithm}.`)
  }
  if (!ALGORITHMS.includes(algorithm) || MessageType !== 'RAW' || typeof Message !== 'string') {
    throw new KmsError('ValidationException', 'This KMS signs a RAW Message, and nothing else.')
  }
  const message = readBytes(Message, 'message', 4_096)
  const padding = algorithm.includes('PSS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const how = { key: key.privateKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const signature = sign(`sha${algorithm.slice(-3)}`, message, how)
  return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm }
}

function encryptPlaintext(input: Input, find: (name: unknown) => Key): object {
  const key = find(input.KeyId)
  const plaintext = readBytes(input.Plaintext, 'plaintext', 4_096)
  const context = readContext(input.EncryptionContext)
  const EncryptionAlgorithm = readEncryptionAlgorithm(input)
  if (key.usage !== 'ENCRYPT_DECRYPT') throw unusable(key, 'Encrypt')
  const blob = key.encrypt(plaintext, context)
  return { KeyId: key.arn, CiphertextBlob: blob.toString('base64'), EncryptionAlgorithm }
}

function decryptCiphertext(input: Input, find: (name: unknown) => Key): object {
  const blob = readBytes(input.CiphertextBlob, 'ciphertextBlob', 6_144)
  const context = readContext(input.EncryptionContext)
  const EncryptionAlgorithm = readEncryptionAlgorithm(input)
  // KMS needs no KeyId here, because the ciphertext names its key. A KeyId must be the same one.
  const named = input.KeyId === undefined ? undefined : find(input.KeyId)
  if (named !== undefined && named.usage !== 'ENCRYPT_DECRYPT') throw unusable(named, 'Decrypt')
  const key = findEncryptor(blob, find)
  if (named !== undefined && named !== key) throw new KmsError('IncorrectKeyException', '')
  try {
    return { KeyId: key.arn, Plaintext: key.decrypt(blob, context).toString('base64'), EncryptionAlgorithm }
  } catch {
    throw new KmsError('InvalidCiphertextException', '')
  }
}

function findEncryptor(blob: Buffer, find: (name: unknown) => Key): EncryptionKey {
  const id = keyIdIn(blob)
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new KmsError('InvalidCiphertextException', '')
  try {
    const key = find(id)
    if (key.usage === 'ENCRYPT_DECRYPT') return key
  } catch {
    // KMS does not say which keys exist.
    throw new KmsError('AccessDeniedException', 'The ciphertext refers to a key that does not exist.')
  }
  throw new KmsError('InvalidCiphertextException', '')
}

const unusable = ({ arn, usage }: Key, operation: string) =>
  new KmsError(
    'InvalidKeyUsageException',
    `${arn} key usage is ${usage} which is not valid for ${operation}.`,
  )

function readBytes(value: unknown, name: string, most: number): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0)
  if (bytes.length < 1 || bytes.length > most) {
    throw new KmsError('ValidationException', `Value at '${name}' must have length between 1 and ${most}`)
  }
  return bytes
}

function readEncryptionAlgorithm({ EncryptionAlgorithm = 'SYMMETRIC_DEFAULT' }: Input): string {
  if (EncryptionAlgorithm === 'SYMMETRIC_DEFAULT') return EncryptionAlgorithm
  const isKnown = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'].includes(String(EncryptionAlgorithm))
  const type = isKnown ? 'InvalidKeyUsageException' : 'ValidationException'
  throw new KmsError(type, `No key of this KMS encrypts with ${EncryptionAlgorithm}.`)
}

function readContext(value: unknown = {}): EncryptionContext {
  const pairs = Object.entries(Object(value)).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  )
  if (pairs.length < Object.keys(Object(value)).length) throw new KmsError('SerializationException', '')
  return Object.fromEntries(pairs)
}
