import { expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { describeService } from '../../../test/support/process/service-description.ts'
import type { AwsCall } from '../../aws/client.ts'
import { decryptSecret, encryptSecret } from './secret.ts'

const KEY = describeService().custom.auth.factorKey
const SECRET = Buffer.from('12345678901234567890')

const { aws } = (await useTable()).table

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
