import { constants, createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createKms } from '../../local/kms.ts'
import { ACCOUNT, REGION } from './account.ts'

// One contract for the local KMS and moto's. Both answer as AWS documents; where moto does not, its row says so.

const ALIAS = 'alias/contract-key'
const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256'
const ARN = `arn:aws:kms:${REGION}:${ACCOUNT}`

type Input = Record<string, unknown>

interface Answer {
  status: number
  answer: Record<string, unknown>
}

type Ask = (operation: string, input: Input) => Promise<Answer>

/** Calls KMS without any client's help. Neither of the two looks at the signature. */
const askAt =
  (url: string): Ask =>
  async (operation, input) => {
    const scope = `20261124/${REGION}/kms/aws4_request`
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `TrentService.${operation}`,
        'X-Amz-Date': '20261124T150000Z',
        Authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host;x-amz-date, Signature=00`,
      },
      body: JSON.stringify(input),
    })
    const text = await response.text()
    return { status: response.status, answer: text.startsWith('{') ? JSON.parse(text) : {} }
  }

const base64 = (bytes: number | string) =>
  (typeof bytes === 'number' ? Buffer.alloc(bytes) : Buffer.from(bytes)).toString('base64')

const signing = (changes: Input = {}): Input => ({
  KeyId: ALIAS,
  Message: base64('message'),
  MessageType: 'RAW',
  SigningAlgorithm: ALGORITHM,
  ...changes,
})

let local: Server
const moto = askAt(inject('emulatorUrl'))
const kms: Record<'local' | 'moto', Ask> = { local: moto, moto }

beforeAll(async () => {
  local = await createKms([ALIAS], REGION)
  await once(local.listen(0, '127.0.0.1'), 'listening')
  kms.local = askAt(`http://127.0.0.1:${(local.address() as AddressInfo).port}`)
  const { answer } = await moto('CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  const { KeyId } = Object(answer.KeyMetadata)
  await moto('CreateAlias', { AliasName: ALIAS, TargetKeyId: KeyId })
})
afterAll(() => {
  local.closeAllConnections()
  local.close()
})

const both = ['local', 'moto'] as const
const arnOf = { local: '', moto: '' }

beforeAll(async () => {
  for (const which of both) {
    const { answer } = await kms[which]('Sign', signing())
    arnOf[which] = String(answer.KeyId)
  }
})

describe.each(both)('%s', (which) => {
  const idOf = () => arnOf[which].replace(/^.*\//, '')

  test('GetPublicKey describes an RSA signing key by its ARN', async () => {
    const { status, answer } = await kms[which]('GetPublicKey', { KeyId: ALIAS })
    expect({ status, answer }).toEqual({
      status: 200,
      answer: {
        PublicKey: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
        CustomerMasterKeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: ['PKCS1_V1_5', 'PSS'].flatMap((padding) =>
          [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`),
        ),
        // moto names the key by its id, leaves KeySpec out, and has a member that is for other keys.
        ...(which === 'moto'
          ? { KeyId: idOf(), EncryptionAlgorithms: null }
          : { KeyId: arnOf[which], KeySpec: 'RSA_2048' }),
      },
    })
    expect(arnOf[which]).toMatch(`${ARN}:key/`)
  })

  test('a key answers to its alias, its id and the ARN of either', async () => {
    for (const name of [ALIAS, `${ARN}:${ALIAS}`, idOf(), arnOf[which]]) {
      expect(await kms[which]('Sign', signing({ KeyId: name }))).toMatchObject({
        status: 200,
        answer: { KeyId: arnOf[which] },
      })
      expect(await kms[which]('GetPublicKey', { KeyId: name })).toMatchObject({ status: 200 })
    }
  })

  test.each(
    (['PKCS1_V1_5', 'PSS'] as const).flatMap((padding) =>
      [256, 384, 512].map((bits) => [padding, bits] as const),
    ),
  )('signs with RSASSA_%s_SHA_%i what the public key verifies', async (padding, bits) => {
    const SigningAlgorithm = `RSASSA_${padding}_SHA_${bits}`
    const { status, answer } = await kms[which]('Sign', signing({ SigningAlgorithm }))
    expect({ status, answer }).toEqual({
      status: 200,
      answer: { KeyId: arnOf[which], Signature: expect.any(String), SigningAlgorithm },
    })
    const { PublicKey } = (await kms[which]('GetPublicKey', { KeyId: ALIAS })).answer
    const key = createPublicKey({
      key: Buffer.from(String(PublicKey), 'base64'),
      format: 'der',
      type: 'spki',
    })
    const signature = Buffer.from(String(answer.Signature), 'base64')
    const paddings = { PSS: constants.RSA_PKCS1_PSS_PADDING, PKCS1_V1_5: constants.RSA_PKCS1_PADDING }
    // With PSS the salt is as long as the digest (AWS KMS Developer Guide, "Key spec reference"); moto's is longer.
    const saltLength = which === 'moto' ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST
    const how = { key, padding: paddings[padding], saltLength }
    const verified = verify(`sha${bits}`, Buffer.from('message'), how, signature)
    expect(verified).toBe(true)
  })

  test('a message is raw unless its type is given', async () => {
    const { Signature } = (await kms[which]('Sign', signing())).answer
    const untyped = await kms[which]('Sign', signing({ MessageType: undefined }))
    expect(untyped).toMatchObject({ status: 200, answer: { Signature } })
  })

  test('messages have 1 to 4,096 bytes', async () => {
    for (const length of [1, 4_096]) {
      const call = kms[which]('Sign', signing({ Message: base64(length) }))
      expect(await call).toMatchObject({ status: 200 })
    }
  })
})

const ok = { status: 200 }
const fails = { status: 500 }
const refused = (type: string, status = 400) => ({ status, answer: { __type: type } })

/** What AWS documents, and what moto 5.1.1 answers where that is something else. */
const REFUSALS: [what: string, operation: string, input: Input, aws: object, moto?: object][] = [
  ['an alias that is not there', 'Sign', signing({ KeyId: 'alias/none' }), refused('NotFoundException')],
  ['an alias that is not there', 'GetPublicKey', { KeyId: 'alias/none' }, refused('NotFoundException')],
  [
    'an ARN of an alias that is not there',
    'Sign',
    signing({ KeyId: `${ARN}:alias/none` }),
    refused('NotFoundException'),
  ],
  [
    'an id that is not there',
    'Sign',
    signing({ KeyId: '00000000-0000-4000-8000-000000000000' }),
    refused('NotFoundException'),
  ],
  [
    'an ARN that is not there',
    'GetPublicKey',
    { KeyId: `${ARN}:key/00000000-0000-4000-8000-000000000000` },
    refused('NotFoundException'),
  ],
  ['a name that is none', 'Sign', signing({ KeyId: 'contract-key' }), refused('NotFoundException')],
  ['half an alias', 'Sign', signing({ KeyId: 'alias/contract' }), refused('NotFoundException'), ok],
  ['no key', 'Sign', signing({ KeyId: undefined }), refused('ValidationException'), fails],
  ['no key', 'GetPublicKey', {}, refused('ValidationException'), fails],
  ['no algorithm', 'Sign', signing({ SigningAlgorithm: undefined }), refused('ValidationException')],
  ['an unknown algorithm', 'Sign', signing({ SigningAlgorithm: 'RS256' }), refused('ValidationException')],
  [
    'an algorithm for other keys',
    'Sign',
    signing({ SigningAlgorithm: 'ECDSA_SHA_256' }),
    refused('InvalidKeyUsageException'),
    refused('ValidationException'),
  ],
  ['no message', 'Sign', signing({ Message: undefined }), refused('ValidationException'), fails],
  ['an empty message', 'Sign', signing({ Message: '' }), refused('ValidationException')],
  ['4,097 bytes', 'Sign', signing({ Message: base64(4_097) }), refused('ValidationException'), ok],
  ['an unknown type', 'Sign', signing({ MessageType: 'TEXT' }), refused('ValidationException'), ok],
  [
    'a digest of another length than the hash',
    'Sign',
    signing({ MessageType: 'DIGEST' }),
    refused('ValidationException'),
    ok,
  ],
  ['an unknown operation', 'SignTwice', signing(), refused('UnknownOperationException'), fails],
]

describe.each(REFUSALS)('%s is refused by %s', (_what, operation, input, aws, other) => {
  test('local, as AWS documents it', async () => {
    expect(await kms.local(operation, input)).toMatchObject(aws)
  })
  test(other === undefined ? 'moto, with the same error' : 'moto deviates as listed', async () => {
    expect(await kms.moto(operation, input)).toMatchObject(other ?? aws)
  })
})

test('moto signs with a key that is disabled, where AWS answers DisabledException; the local KMS disables none', async () => {
  const { answer } = await moto('CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  const { KeyId } = Object(answer.KeyMetadata)
  expect(await moto('DisableKey', { KeyId })).toMatchObject(ok)
  expect(await moto('Sign', signing({ KeyId }))).toMatchObject(ok)
  expect(await kms.local('DisableKey', { KeyId: ALIAS })).toMatchObject(refused('UnknownOperationException'))
})
