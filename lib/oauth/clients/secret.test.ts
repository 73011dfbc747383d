import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { hasEarlierSecret, hashSecret, isSecretOf, SECRET_BYTES, secretOf, withNewSecret } from './secret.ts'

const now = new Date('2026-06-01T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const [first, second, third] = [1, 2, 3].map((byte) => secretOf(Buffer.alloc(SECRET_BYTES, byte))) as [
  string,
  string,
  string,
]
const later = { isImmediate: false, now }

test('a secret has 256 bits in unreserved characters, and only its SHA-256 is stored', () => {
  for (let time = 0; time < 100; time += 1) {
    expect(secretOf(randomBytes(SECRET_BYTES))).toMatch(/^[A-Za-z0-9_-]{43}$/)
  }
  expect(hashSecret(first)).toBe(createHash('sha256').update(first).digest('base64url'))
})

test('one secret is valid, and no other', () => {
  const secrets = withNewSecret({}, first, later)
  expect(secrets).toEqual({ secretHash: hashSecret(first) })
  expect(isSecretOf(secrets, first, after(1e9))).toBe(true)
  for (const wrong of ['', second, first.slice(1), `${first}A`, first.toLowerCase(), hashSecret(first)]) {
    expect(isSecretOf(secrets, wrong, now)).toBe(false)
  }
})

test('the earlier secret is valid for 24 hours after the new one, and not a second longer', () => {
  const secrets = withNewSecret(withNewSecret({}, first, later), second, later)
  expect(isSecretOf(secrets, second, after(1e9))).toBe(true)
  expect(isSecretOf(secrets, first, after(86_399))).toBe(true)
  expect(isSecretOf(secrets, first, after(86_400))).toBe(false)
})

test('at most two secrets are valid', () => {
  const two = withNewSecret(withNewSecret({}, first, later), second, later)
  const secrets = withNewSecret(two, third, later)
  expect([first, second, third].map((secret) => isSecretOf(secrets, secret, now))).toEqual([
    false,
    true,
    true,
  ])
})

test('a new secret can end all others at once', () => {
  const two = withNewSecret(withNewSecret({}, first, later), second, later)
  const secrets = withNewSecret(two, third, { isImmediate: true, now })
  expect([first, second, third].map((secret) => isSecretOf(secrets, secret, now))).toEqual([
    false,
    false,
    true,
  ])
})

test('a client without a secret accepts none', () => {
  expect(isSecretOf({}, '', now)).toBe(false)
  expect(isSecretOf({}, first, now)).toBe(false)
  expect(hasEarlierSecret({ earlierSecretEndsAt: 1e10 }, now)).toBe(false)
  expect(isSecretOf({ earlierSecretHash: hashSecret(first) }, first, now)).toBe(false)
})
