import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../../../local/aws.ts'
import { type AwsCall, awsClient, withTimeout } from '../../aws/client.ts'
import { decryptSecret, encryptSecret } from './secret.ts'

const KEY = 'alias/factors'
const SECRET = Buffer.from('12345678901234567890')

let local: LocalAws
let aws: AwsCall

beforeAll(async () => {
  const resources = {
    Key: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'SYMMETRIC_DEFAULT' } },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: KEY, TargetKeyId: { Ref: 'Key' } } },
  }
  local = await startLocalAws(resources, 'eu-central-1')
  aws = withTimeout(awsClient(local.settings), 4_500)
})
afterAll(() => local.stop())

test('a secret decrypts for its own user', async () => {
  const ciphertext = await encryptSecret(aws, KEY, 'ada', SECRET)
  expect(Buffer.from(ciphertext, 'base64').includes(SECRET)).toBe(false)
  expect(await decryptSecret(aws, KEY, 'ada', ciphertext)).toEqual(SECRET)
})

test('a secret does not decrypt for another user', async () => {
  const ciphertext = await encryptSecret(aws, KEY, 'ada', SECRET)
  await expect(decryptSecret(aws, KEY, 'bob', ciphertext)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'InvalidCiphertextException' },
  })
})

test('a ciphertext that is not of the key is an outage, not an empty secret', async () => {
  await expect(decryptSecret(aws, KEY, 'ada', SECRET.toString('base64'))).rejects.toMatchObject({
    code: 'unavailable',
  })
})

test.each([{}, { Plaintext: '', CiphertextBlob: '' }, { Plaintext: 7, CiphertextBlob: null }])(
  'an output %j of KMS is an outage, not an empty secret',
  async (output) => {
    const call: AwsCall = async () => output
    const expected = { code: 'unavailable', message: 'KMS returned no text' }
    await expect(encryptSecret(call, KEY, 'ada', SECRET)).rejects.toMatchObject(expected)
    await expect(decryptSecret(call, KEY, 'ada', 'AA==')).rejects.toMatchObject(expected)
  },
)
