import { createPublicKey, verify } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { publicKeyFromSpki, readPublicKey } from '../../lib/tokens/public-keys.ts'
import { kmsSigner } from '../../lib/tokens/signer.ts'
import { listen, signed } from '../../test/local/aws-service.ts'
import { createKms } from './kms.ts'

const REGION = 'eu-central-1'
const ARN = `arn:aws:kms:${REGION}:123456789012`
const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256'

const { url, stop } = await listen(
  await createKms(['alias/a', 'alias/b'], REGION, ['alias/symmetric', 'alias/other']),
)
afterAll(stop)

const aws = callAt(url)

test('GetPublicKey describes an RSA signing key', async () => {
  expect(await send('TrentService.GetPublicKey', '{"KeyId":"alias/a"}')).toEqual({
    status: 200,
    type: 'application/x-amz-json-1.1',
    output: {
      KeyId: expect.stringMatching(`^${ARN}:key/[0-9a-f-]{36}$`),
      PublicKey: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
      KeySpec: 'RSA_2048',
      CustomerMasterKeySpec: 'RSA_2048',
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: ['PKCS1_V1_5', 'PSS'].flatMap((padding) =>
        [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
      ),
    },
  })
})

test('Sign makes a signature that the public key verifies', async () => {
  const { status, output } = await send('TrentService.Sign', JSON.stringify(signing({})))
  const { PublicKey, KeyId } = await aws('kms', 'GetPublicKey', { KeyId: 'alias/a' })
  expect({ status, output }).toEqual({
    status: 200,
    output: { KeyId, Signature: expect.any(String), SigningAlgorithm: ALGORITHM },
  })
  const key = createPublicKey({
    key: Buffer.from(String(PublicKey), 'base64'),
    format: 'der',
    type: 'spki',
  })
  const signature = Buffer.from(output.Signature ?? '', 'base64')
  expect(verify('sha256', Buffer.from('message'), key, signature)).toBe(true)
})

test('a key is found by its alias, its id and the ARN of either', async () => {
  const { KeyId: arn, PublicKey } = await aws('kms', 'GetPublicKey', { KeyId: 'alias/a' })
  const id = String(arn).replace(/^.*\//, '')
  for (const name of [arn, id, `${ARN}:alias/a`]) {
    expect(await aws('kms', 'GetPublicKey', { KeyId: name })).toMatchObject({ KeyId: arn, PublicKey })
  }
})

test('two aliases are two keys, and two servers share no key', async () => {
  const other = await listen(await createKms(['alias/a'], REGION))
  const keys = [
    await readPublicKey(aws, 'alias/a'),
    await readPublicKey(aws, 'alias/b'),
    await readPublicKey(callAt(other.url), 'alias/a'),
  ]
  other.stop()
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3)
})

test('the signer of the service signs with it', async () => {
  const jws = await kmsSigner()(aws, 'alias/b', (kid) => `${kid}.claims`, new Date())
  const [kid, , signature] = jws.split('.')
  const { PublicKey } = await aws('kms', 'GetPublicKey', { KeyId: 'alias/b' })
  const key = publicKeyFromSpki(Buffer.from(String(PublicKey), 'base64'))
  expect(kid).toBe(key.kid)
  expect(
    verify('sha256', Buffer.from(`${kid}.claims`), key.key, Buffer.from(signature ?? '', 'base64url')),
  ).toBe(true)
})

test.each([
  ['alias/c', `Alias ${ARN}:alias/c is not found.`],
  ['c', `Key ${ARN}:key/c is not found.`],
  [`${ARN}:key/c`, `Key ${ARN}:key/c is not found.`],
])('an unknown key %s causes NotFoundException', async (name, message) => {
  const call = JSON.stringify(signing({ KeyId: name }))
  expect(await send('TrentService.Sign', call)).toEqual(rejection('NotFoundException', message))
  expect(await send('TrentService.GetPublicKey', call)).toEqual(rejection('NotFoundException', message))
  await expect(aws('kms', 'Sign', signing({ KeyId: name }))).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'NotFoundException', message },
  })
})

describe('KMS rejects credentials', () => {
  test.each([
    ['of another region', `20261124/us-east-1/kms/aws4_request`],
    ['of another service', `20261124/${REGION}/dynamodb/aws4_request`],
    ['of another day than the request', `20261123/${REGION}/kms/aws4_request`],
    ['of another kind', `20261124/${REGION}/kms/aws5_request`],
    ['without a scope', ''],
    ['that are not those of AWS', undefined],
  ])('%s', async (_what, scope) => {
    const headers = scope === undefined ? { Authorization: 'Bearer token' } : signed('kms', scope)
    expect(await send('TrentService.GetPublicKey', '{"KeyId":"alias/a"}', headers)).toEqual(
      rejection('InvalidSignatureException', 'Credential should be scoped to a valid region and service.'),
    )
  })

  test('that are missing', async () => {
    const response = await fetch(url, { method: 'POST', headers: { 'X-Amz-Target': 'TrentService.Sign' } })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    })
  })
})

test.each(['TrentService.ReEncrypt', 'DynamoDB_20120810.GetItem', 'Sign', 'constructor', ''])(
  'an unknown operation %j causes UnknownOperationException',
  async (target) => {
    expect(await send(target, '{"KeyId":"alias/a"}')).toEqual(rejection('UnknownOperationException', ''))
  },
)

test('a body that is not JSON causes SerializationException', async () => {
  expect(await send('TrentService.Sign', '{"KeyId":')).toEqual(rejection('SerializationException', ''))
})

test.each(['null', '7', '{}', '{"KeyId":7}'])(
  'a body %s without a key causes ValidationException',
  async (body) => {
    expect(await send('TrentService.Sign', body)).toEqual(
      rejection('ValidationException', "Value at 'keyId' must not be null"),
    )
  },
)

test.each([
  ['an unknown algorithm', { SigningAlgorithm: 'RS256' }],
  ['no algorithm', { SigningAlgorithm: undefined }],
  ['a digest', { MessageType: 'DIGEST' }],
  ['no message', { Message: undefined }],
])('Sign rejects %s', async (_what, changes) => {
  expect(await send('TrentService.Sign', JSON.stringify(signing(changes)))).toEqual(
    rejection('ValidationException', 'This KMS signs a RAW Message, and nothing else.'),
  )
})

test('Sign rejects an algorithm of other keys as AWS does', async () => {
  const call = JSON.stringify(signing({ SigningAlgorithm: 'ECDSA_SHA_256' }))
  expect(await send('TrentService.Sign', call)).toEqual(
    rejection('InvalidKeyUsageException', 'An RSA key does not sign with ECDSA_SHA_256.'),
  )
})

test('Sign accepts messages of 1 to 4,096 bytes', async () => {
  for (const length of [1, 4_096]) {
    expect(
      (await send('TrentService.Sign', JSON.stringify(signing({ Message: base64(length) })))).status,
    ).toBe(200)
  }
  for (const length of [0, 4_097]) {
    expect(await send('TrentService.Sign', JSON.stringify(signing({ Message: base64(length) })))).toEqual(
      rejection('ValidationException', "Value at 'message' must have length between 1 and 4096"),
    )
  }
})

describe('a symmetric key', () => {
  const context = { user: 'ada', purpose: 'totp' }
  const encrypting = (changes: object = {}) => ({
    KeyId: 'alias/symmetric',
    Plaintext: base64('secret'),
    EncryptionContext: context,
    ...changes,
  })
  const encrypted = async (changes?: object) =>
    (await aws('kms', 'Encrypt', encrypting(changes))).CiphertextBlob
  const decrypt = async (input: object) => send('TrentService.Decrypt', JSON.stringify(input))

  test('decrypts what it encrypted, with the same context in any order', async () => {
    const { KeyId, CiphertextBlob, ...rest } = await aws('kms', 'Encrypt', encrypting())
    expect(rest).toEqual({ EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
    const EncryptionContext = { purpose: 'totp', user: 'ada' }
    expect((await decrypt({ CiphertextBlob, EncryptionContext })).output).toEqual({
      KeyId,
      Plaintext: base64('secret'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    })
  })

  test('encrypts the same plaintext differently each time', async () => {
    const blobs = [await encrypted(), await encrypted()].map((blob) => Buffer.from(String(blob), 'base64'))
    expect(blobs[0]?.equals(blobs[1] as Buffer)).toBe(false)
    expect(blobs.some((blob) => blob.includes('secret'))).toBe(false)
  })

  test('rejects a ciphertext with any changed byte', async () => {
    const blob = Buffer.from(String(await encrypted()), 'base64')
    const types = new Set<unknown>()
    for (let index = 0; index < blob.length; index += 1) {
      const changed = Buffer.from(blob)
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
      const { status, output } = await decrypt({
        CiphertextBlob: changed.toString('base64'),
        EncryptionContext: context,
      })
      expect(status).toBe(400)
      types.add(output.__type)
    }
    // A changed key id is that of no key.
    expect([...types].sort()).toEqual(['AccessDeniedException', 'InvalidCiphertextException'])
  })

  test('another key does not decrypt', async () => {
    const { output } = await decrypt({
      KeyId: 'alias/other',
      CiphertextBlob: await encrypted(),
      EncryptionContext: context,
    })
    expect(output).toEqual({ __type: 'IncorrectKeyException', message: '' })
  })
})

const base64 = (bytes: number | string) =>
  (typeof bytes === 'number' ? Buffer.alloc(bytes) : Buffer.from(bytes)).toString('base64')

const signing = (changes: object) => ({
  KeyId: 'alias/a',
  Message: base64('message'),
  MessageType: 'RAW',
  SigningAlgorithm: ALGORITHM,
  ...changes,
})

/** Sends a request without the service's AWS client. */
async function send(target: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'X-Amz-Target': target, ...signed('kms'), ...headers },
    body,
  })
  const type = response.headers.get('content-type')
  const output = (await response.json()) as Record<string, string>
  return { status: response.status, type, output }
}

const rejection = (type: string, message: unknown) => ({
  status: 400,
  type: 'application/x-amz-json-1.1',
  output: { __type: type, message },
})

function callAt(kms: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return withTimeout(awsClient({ region: REGION, credentials, endpoints: { kms: new URL(kms) } }), 4_500)
}
