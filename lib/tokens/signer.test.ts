import { randomBytes, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fakeKms, type KeyPair, newKeyPair } from '../../test/support/fake-kms.ts'
import type { AwsCall } from '../aws/client.ts'
import { kmsSigner } from './signer.ts'

const [a, b] = [newKeyPair(), newKeyPair()]

/** A signer with the key behind `alias/a` of this KMS. */
function signerOf(aws: AwsCall) {
  const sign = kmsSigner()
  return (signingInputFor: (kid: string) => string) => sign(aws, 'alias/a', signingInputFor)
}

describe('a signature', () => {
  const inputFor = (kid: string) => `${kid}.claims`
  const isSignedBy = (jws: string, { kid, publicKey }: KeyPair) => {
    const [header, payload, signature] = jws.split('.')
    const input = Buffer.from(`${header}.${payload}`)
    return header === kid && verify('sha256', input, publicKey, Buffer.from(signature ?? '', 'base64url'))
  }

  test('is created by KMS, and the public key is read once', async () => {
    const kms = fakeKms({ 'alias/a': a })
    const signJws = signerOf(kms.aws)
    for (let time = 1; time <= 2; time += 1) {
      expect(isSignedBy(await signJws(inputFor), a)).toBe(true)
    }
    expect(kms.calls).toEqual(['GetPublicKey', 'Sign', 'Sign'])
  })

  test('is created again under the new kid if the alias was moved', async () => {
    const aliases = { 'alias/a': a }
    const kms = fakeKms(aliases)
    const signJws = signerOf(kms.aws)
    await signJws(inputFor)
    aliases['alias/a'] = b
    expect(isSignedBy(await signJws(inputFor), b)).toBe(true)
    expect(kms.calls).toEqual(['GetPublicKey', 'Sign', 'Sign', 'GetPublicKey', 'Sign'])
  })

  test.each([
    ['is garbage', randomBytes(256).toString('base64')],
    ['is missing', undefined],
  ])('that %s is never returned', async (_what, Signature) => {
    const kms = fakeKms({ 'alias/a': a })
    const garbling: AwsCall = async (...call) =>
      call[1] === 'Sign' ? { ...(await kms.aws(...call)), Signature } : kms.aws(...call)
    await expect(signerOf(garbling)(inputFor)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'KMS returned a signature that its public key does not verify',
    })
    expect(kms.calls).toEqual(['GetPublicKey', 'Sign', 'GetPublicKey', 'Sign'])
  })

  test('is requested again after a failure', async () => {
    const kms = fakeKms({ 'alias/a': a })
    const signJws = signerOf(kms.aws)
    kms.failWith(new Error('outage'))
    await expect(signJws(inputFor)).rejects.toThrow('outage')
    kms.failWith(undefined)
    expect(isSignedBy(await signJws(inputFor), a)).toBe(true)
  })
})
