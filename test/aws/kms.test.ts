import { constants, createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createKms } from '../../local/kms/kms.ts'
import { listen, signed } from '../local/aws-service.ts'
import { ACCOUNT, REGION } from './account.ts'

// A contract for the local KMS and for moto's. Both behave as AWS documents. Rows list where moto deviates.

const ALIAS = 'alias/contract-key'
const SYMMETRIC = 'alias/contract-symmetric'
const OTHER_SYMMETRIC = 'alias/contract-other'
const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256'
const ARN = `arn:aws:kms:${REGION}:${ACCOUNT}`

type Input = Record<string, unknown>

interface Answer {
  status: number
  output: Record<string, unknown>
}

type Ask = (operation: string, input: Input) => Promise<Answer>

/** Calls KMS without a client library. */
const askAt =
  (url: string): Ask =>
  async (operation, input) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `TrentService.${operation}`,
        ...signed('kms'),
      },
      body: JSON.stringify(input),
    })
    const text = await response.text()
    return { status: response.status, output: text.startsWith('{') ? JSON.parse(text) : {} }
  }

const encrypting = (changes: Input = {}): Input => ({
  KeyId: SYMMETRIC,
  Plaintext: base64('secret'),
  EncryptionContext: { user: 'ada' },
  ...changes,
})

const base64 = (bytes: number | string) =>
  (typeof bytes === 'number' ? Buffer.alloc(bytes) : Buffer.from(bytes)).toString('base64')

const signing = (changes: Input = {}): Input => ({
  KeyId: ALIAS,
  Message: base64('message'),
  MessageType: 'RAW',
  SigningAlgorithm: ALGORITHM,
  ...changes,
})

const local = await listen(await createKms([ALIAS], REGION, [SYMMETRIC, OTHER_SYMMETRIC]))
afterAll(local.stop)
const moto = askAt(inject('emulatorUrl'))
const kms = { local: askAt(local.url), moto }

beforeAll(async () => {
  const symmetric = { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' }
  for (const [AliasName, spec] of [
    [ALIAS, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }],
    [SYMMETRIC, symmetric],
    [OTHER_SYMMETRIC, symmetric],
  ] as const) {
    const { output } = await moto('CreateKey', spec)
    const { KeyId } = Object(output.KeyMetadata)
    await moto('CreateAlias', { AliasName, TargetKeyId: KeyId })
  }
})

const both = ['local', 'moto'] as const
const arnOf = { local: '', moto: '' }

beforeAll(async () => {
  for (const which of both) {
    const { output } = await kms[which]('Sign', signing())
    arnOf[which] = String(output.KeyId)
  }
})

describe.each(both)('%s', (which) => {
  const idOf = () => arnOf[which].replace(/^.*\//, '')

  test('GetPublicKey describes an RSA signing key by its ARN', async () => {
    const { status, output } = await kms[which]('GetPublicKey', { KeyId: ALIAS })
    expect({ status, output }).toEqual({
      status: 200,
      output: {
        PublicKey: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
        CustomerMasterKeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: ['PKCS1_V1_5', 'PSS'].flatMap((padding) =>
          [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
        ),
        // moto returns the key's id, has no KeySpec, and adds a member for other kinds of keys.
        ...(which === 'moto'
          ? { KeyId: idOf(), EncryptionAlgorithms: null }
          : { KeyId: arnOf[which], KeySpec: 'RSA_2048' }),
      },
    })
    expect(arnOf[which]).toMatch(`${ARN}:key/`)
  })

  test('a key is found by its alias, its id and the ARN of either', async () => {
    for (const name of [ALIAS, `${ARN}:${ALIAS}`, idOf(), arnOf[which]]) {
      expect(await kms[which]('Sign', signing({ KeyId: name }))).toMatchObject({
        status: 200,
        output: { KeyId: arnOf[which] },
      })
      expect(await kms[which]('GetPublicKey', { KeyId: name })).toMatchObject({ status: 200 })
    }
  })

  test.each(
    (['PKCS1_V1_5', 'PSS'] as const).flatMap((padding) =>
      [256, 384, 512].map((bits) => [padding, bits] as const),
    ),
  )('signatures with RSASSA_%s_SHA_%i verify with the public key', async (padding, bits) => {
    const SigningAlgorithm = `RSASSA_${padding}_SHA_${bits}`
    const { status, output } = await kms[which]('Sign', signing({ SigningAlgorithm }))
    expect({ status, output }).toEqual({
      status: 200,
      output: { KeyId: arnOf[which], Signature: expect.any(String), SigningAlgorithm },
    })
    const { PublicKey } = (await kms[which]('GetPublicKey', { KeyId: ALIAS })).output
    const key = createPublicKey({
      key: Buffer.from(String(PublicKey), 'base64'),
      format: 'der',
      type: 'spki',
    })
    const signature = Buffer.from(String(output.Signature), 'base64')
    const paddings = { PSS: constants.RSA_PKCS1_PSS_PADDING, PKCS1_V1_5: constants.RSA_PKCS1_PADDING }
    // The PSS salt is as long as the digest (AWS KMS Developer Guide, "Key spec reference"). moto's is longer.
    const saltLength = which === 'moto' ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST
    const how = { key, padding: paddings[padding], saltLength }
    const verified = verify(`sha${bits}`, Buffer.from('message'), how, signature)
    expect(verified).toBe(true)
  })

  test('a message without a type is raw', async () => {
    const { Signature } = (await kms[which]('Sign', signing())).output
    const untyped = await kms[which]('Sign', signing({ MessageType: undefined }))
    expect(untyped).toMatchObject({ status: 200, output: { Signature } })
  })

  test('messages have 1 to 4,096 bytes', async () => {
    for (const length of [1, 4_096]) {
      const call = kms[which]('Sign', signing({ Message: base64(length) }))
      expect(await call).toMatchObject({ status: 200 })
    }
  })
})

describe.each(both)('the symmetric key of %s', (which) => {
  const encrypt = async (changes?: Input) => (await kms[which]('Encrypt', encrypting(changes))).output
  const decrypting = async (changes: Input = {}): Promise<Input> => ({
    KeyId: SYMMETRIC,
    CiphertextBlob: (await encrypt()).CiphertextBlob,
    EncryptionContext: { user: 'ada' },
    ...changes,
  })
  // moto leaves out the algorithm.
  const algorithm = which === 'moto' ? {} : { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }

  test('encrypts and decrypts under a context', async () => {
    const { CiphertextBlob, ...rest } = await encrypt()
    expect(rest).toEqual({ KeyId: expect.stringMatching(`^${ARN}:key/`), ...algorithm })
    expect(CiphertextBlob).not.toBe((await encrypt()).CiphertextBlob)
    expect(await kms[which]('Decrypt', await decrypting({ CiphertextBlob }))).toEqual({
      status: 200,
      output: { KeyId: rest.KeyId, Plaintext: base64('secret'), ...algorithm },
    })
  })

  test('a ciphertext names its key', async () => {
    expect(await kms[which]('Decrypt', await decrypting({ KeyId: undefined }))).toMatchObject({
      status: 200,
      output: { Plaintext: base64('secret') },
    })
  })

  test('a context without pairs is the same as none', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: {} })
    const input = await decrypting({ CiphertextBlob, EncryptionContext: undefined })
    expect(await kms[which]('Decrypt', input)).toMatchObject({ status: 200 })
  })

  test('plaintexts have 1 to 4,096 bytes', async () => {
    for (const length of [1, 4_096]) {
      const call = kms[which]('Encrypt', encrypting({ Plaintext: base64(length) }))
      expect(await call).toMatchObject({ status: 200 })
    }
    for (const length of [0, 4_097]) {
      const call = kms[which]('Encrypt', encrypting({ Plaintext: base64(length) }))
      expect(await call).toMatchObject({ status: 400, output: { __type: 'ValidationException' } })
    }
  })

  test.each<[string, Input]>([
    ['of another user', { EncryptionContext: { user: 'bob' } }],
    ['with another key', { EncryptionContext: { name: 'ada' } }],
    ['with one pair more', { EncryptionContext: { user: 'ada', role: 'admin' } }],
    ['without pairs', { EncryptionContext: {} }],
    ['that is missing', { EncryptionContext: undefined }],
  ])('a context %s does not decrypt', async (_what, changes) => {
    expect(await kms[which]('Decrypt', await decrypting(changes))).toMatchObject(
      rejected('InvalidCiphertextException'),
    )
  })

  test.each([
    ['without a ciphertext in it', Buffer.from('secret')],
    ['that is all zeros', Buffer.alloc(100)],
  ])('a blob %s does not decrypt', async (_what, blob) => {
    const input = await decrypting({ KeyId: undefined, CiphertextBlob: blob.toString('base64') })
    const type =
      which === 'moto' && blob.length === 100 ? 'AccessDeniedException' : 'InvalidCiphertextException'
    expect(await kms[which]('Decrypt', input)).toMatchObject(rejected(type))
  })

  test('another key is rejected, by which moto decrypts all the same', async () => {
    const output = await kms[which]('Decrypt', await decrypting({ KeyId: OTHER_SYMMETRIC }))
    expect(output).toMatchObject(which === 'moto' ? ok : rejected('IncorrectKeyException'))
  })
})

const ok = { status: 200 }
const fails = { status: 500 }
const rejected = (type: string, status = 400) => ({ status, output: { __type: type } })

const notFound = rejected('NotFoundException')
const invalid = rejected('ValidationException')
const wrongUse = rejected('InvalidKeyUsageException')
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000'

/** The error that AWS documents, and the output of moto 5.1.1 if it is different. */
const REJECTIONS: [what: string, operation: string, input: Input, aws: object, moto?: object][] = [
  ['a missing alias', 'Sign', signing({ KeyId: 'alias/none' }), notFound],
  ['a missing alias', 'GetPublicKey', { KeyId: 'alias/none' }, notFound],
  ['the ARN of a missing alias', 'Sign', signing({ KeyId: `${ARN}:alias/none` }), notFound],
  ['an unknown id', 'Sign', signing({ KeyId: UNKNOWN_ID }), notFound],
  ['an unknown ARN', 'GetPublicKey', { KeyId: `${ARN}:key/${UNKNOWN_ID}` }, notFound],
  ['an invalid name', 'Sign', signing({ KeyId: 'contract-key' }), notFound],
  ['a part of an alias', 'Sign', signing({ KeyId: 'alias/contract' }), notFound, ok],
  ['no key', 'Sign', signing({ KeyId: undefined }), invalid, fails],
  ['no key', 'GetPublicKey', {}, invalid, fails],
  ['no algorithm', 'Sign', signing({ SigningAlgorithm: undefined }), invalid],
  ['an unknown algorithm', 'Sign', signing({ SigningAlgorithm: 'RS256' }), invalid],
  ['an algorithm for other keys', 'Sign', signing({ SigningAlgorithm: 'ECDSA_SHA_256' }), wrongUse, invalid],
  ['no message', 'Sign', signing({ Message: undefined }), invalid, fails],
  ['an empty message', 'Sign', signing({ Message: '' }), invalid],
  ['4,097 bytes', 'Sign', signing({ Message: base64(4_097) }), invalid, ok],
  ['an unknown type', 'Sign', signing({ MessageType: 'TEXT' }), invalid, ok],
  ['a digest whose length does not fit the hash', 'Sign', signing({ MessageType: 'DIGEST' }), invalid, ok],
  ['a key for encryption', 'Sign', signing({ KeyId: SYMMETRIC }), wrongUse, invalid],
  [
    'a key without a public half',
    'GetPublicKey',
    { KeyId: SYMMETRIC },
    rejected('UnsupportedOperationException'),
    ok,
  ],
  ['a key for signatures', 'Encrypt', encrypting({ KeyId: ALIAS }), wrongUse, ok],
  ['a missing alias', 'Encrypt', encrypting({ KeyId: 'alias/none' }), notFound],
  ['no key', 'Encrypt', encrypting({ KeyId: undefined }), invalid, fails],
  ['no plaintext', 'Encrypt', encrypting({ Plaintext: undefined }), invalid, fails],
  [
    'a context with a number',
    'Encrypt',
    encrypting({ EncryptionContext: { user: 7 } }),
    rejected('SerializationException'),
    fails,
  ],
  [
    'an algorithm of RSA keys',
    'Encrypt',
    encrypting({ EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
    wrongUse,
    ok,
  ],
  ['no ciphertext', 'Decrypt', { KeyId: SYMMETRIC }, invalid, rejected('InvalidCiphertextException')],
  ['an unknown operation', 'SignTwice', signing(), rejected('UnknownOperationException'), fails],
]

describe.each(REJECTIONS)('%s is rejected by %s', (_what, operation, input, aws, other) => {
  test('local, as AWS documents it', async () => {
    expect(await kms.local(operation, input)).toMatchObject(aws)
  })
  test(other === undefined ? 'moto, with the same error' : 'moto deviates as listed', async () => {
    expect(await kms.moto(operation, input)).toMatchObject(other ?? aws)
  })
})

test('moto signs with a disabled key, which AWS rejects', async () => {
  const { output } = await moto('CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  const { KeyId } = Object(output.KeyMetadata)
  expect(await moto('DisableKey', { KeyId })).toMatchObject(ok)
  expect(await moto('Sign', signing({ KeyId }))).toMatchObject(ok)
  expect(await kms.local('DisableKey', { KeyId: ALIAS })).toMatchObject(rejected('UnknownOperationException'))
})
