import { randomBytes, verify } from 'node:crypto'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakeKms, type KeyPair, newKeyPair } from '../../test/support/aws/fake-kms.ts'
import type { AwsCall } from '../aws/client.ts'
import { kmsSigner } from './signer.ts'

const [a, b] = [newKeyPair(), newKeyPair()]

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

  test('is requested again at once after KMS failed to sign', async () => {
    const kms = fakeKms({ 'alias/a': a })
    const signJws = signerOf(kms.aws)
    await signJws(inputFor)
    kms.failWith(new Error('outage'))
    await expect(signJws(inputFor)).rejects.toThrow('outage')
    kms.failWith(undefined)
    expect(isSignedBy(await signJws(inputFor), a)).toBe(true)
    expect(kms.calls).toEqual(['GetPublicKey', 'Sign', 'Sign', 'Sign'])
  })

  test('reads the public key again after a pause of less than a second if a read failed', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => random.mockRestore())
    const kms = fakeKms({ 'alias/a': a })
    const signJws = signerOf(kms.aws)
    kms.failWith(new Error('outage'))
    for (const ms of [0, 1, 499]) await expect(signJws(inputFor, ms)).rejects.toThrow('outage')
    expect(kms.calls).toEqual(['GetPublicKey'])
    await expect(signJws(inputFor, 500)).rejects.toThrow('outage')
    kms.failWith(undefined)
    await expect(signJws(inputFor, 999)).rejects.toThrow('outage')
    expect(kms.calls).toEqual(['GetPublicKey', 'GetPublicKey'])
    expect(isSignedBy(await signJws(inputFor, 1_000), a)).toBe(true)
  })
})

/** A signer with the key behind `alias/a` of this KMS. */
function signerOf(aws: AwsCall) {
  const sign = kmsSigner()
  return (signingInputFor: (kid: string) => string, ms = 0) =>
    sign(aws, 'alias/a', signingInputFor, new Date(1_764_000_000_000 + ms))
}
