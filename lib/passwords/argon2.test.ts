import '../../test/support/process/real-argon2.ts'
import { argon2Sync, randomBytes } from 'node:crypto'
import { beforeEach, expect, test, vi } from 'vitest'
import { importWithArgon2, notSupported } from '../../test/security/hashes/without-argon2.ts'
import { proof } from '../../test/support/rows.ts'

const error = vi.spyOn(console, 'error')
beforeEach(() => void error.mockReset().mockReturnValue())

// With secret and associated data, which this service does not use: they show that node:crypto computes RFC 9106.
test('node:crypto computes the argon2id tag of RFC 9106 section 5.3', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    memory: 32,
    passes: 3,
    parallelism: 4,
    tagLength: 32,
  })
  expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})

const salt = Buffer.alloc(16, 7)

const cost = { memoryKiB: 64, passes: 2, parallelism: 2 }

const options = { nonce: salt, memory: 64, passes: 2, parallelism: 2, tagLength: 32 }

const tagOf = (password: string) =>
  argon2Sync('argon2id', { ...options, message: Buffer.from(password) }).toString('hex')

/** Returns argon2id of fresh modules, with its tag in hexadecimal digits. */
async function implementationWith(found: typeof argon2Sync | undefined) {
  const { argon2 } = await importWithArgon2(found, () => import('./argon2.ts'))
  return async (password: string) =>
    Buffer.from(await argon2('argon2id', password, salt, { cost, tagBytes: 32 })).toString('hex')
}

test('argon2 uses node:crypto, logs nothing, and tries it once in a process', async () => {
  const native = vi.fn(argon2Sync)
  const argon2id = await implementationWith(native)
  expect(await argon2id('secret')).toBe(tagOf('secret'))
  expect(await argon2id('Secret')).toBe(tagOf('Secret'))
  const costs = native.mock.calls.map(([, { memory, passes, parallelism }]) => [memory, passes, parallelism])
  expect(costs).toEqual([
    [8, 1, 1],
    [64, 2, 2],
    [64, 2, 2],
  ])
  expect(error).not.toHaveBeenCalled()
})

const NOT_AN_ERROR = () => {
  throw 'no argon2'
}

test.each([
  ['throws', vi.fn(notSupported), 'ERR_CRYPTO_ARGON2_NOT_SUPPORTED'],
  ['throws something that is no error', vi.fn(NOT_AN_ERROR), 'no argon2'],
  ['is missing', undefined, expect.stringContaining('is not a function')],
])(
  'if argon2Sync %s, hash-wasm computes the same tags, which is logged once',
  async (_what, found, reason) => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'login')
    vi.stubEnv('AWS_EXECUTION_ENV', 'AWS_Lambda_nodejs24.x')
    const argon2id = await implementationWith(found)
    const passwords = ['secret', 'p\u00e4ss w\u00f6rd', '\u{1f511}', randomBytes(512).toString('hex')]
    expect(await Promise.all(passwords.map(argon2id))).toEqual(passwords.map(tagOf))
    expect(error.mock.calls).toEqual([[{ event: 'argon2.fallback', reason, function: 'login' }]])
    if (found) expect(found).toHaveBeenCalledTimes(1)
  },
)

test('if argon2Sync is missing outside Lambda, nothing is logged', async () => {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'login')
  vi.stubEnv('AWS_EXECUTION_ENV', undefined)
  const argon2id = await implementationWith(undefined)
  expect(await argon2id('secret')).toBe(tagOf('secret'))
  expect(error).not.toHaveBeenCalled()
})

const LANES = [1, 2, 3, 16]
const SIZES = [
  [8, 12],
  [16, 32],
  [32, 64],
  [64, 33],
] as const
const VARIANTS = ['argon2id', 'argon2i'] as const
const MANY = VARIANTS.flatMap((variant) =>
  LANES.flatMap((parallelism) =>
    [1, 3].flatMap((passes) =>
      [8 * parallelism, 8 * parallelism + 5].flatMap((memoryKiB) =>
        SIZES.map(([saltBytes, tagBytes]) => ({
          variant,
          cost: { memoryKiB, passes, parallelism },
          saltBytes,
          tagBytes,
        })),
      ),
    ),
  ),
)

proof('hash-wasm computes the same tags as node:crypto at 128 costs and sizes', async () => {
  const { argon2 } = await importWithArgon2(notSupported, () => import('./argon2.ts'))
  expect(MANY).toHaveLength(128)
  for (const { variant, cost, saltBytes, tagBytes } of MANY) {
    const [nonce, password] = [randomBytes(saltBytes), randomBytes(24).toString('base64')]
    const { memoryKiB: memory, passes, parallelism } = cost
    const message = Buffer.from(password)
    const tag = argon2Sync(variant, { message, nonce, memory, passes, parallelism, tagLength: tagBytes })
    expect(Buffer.from(await argon2(variant, password, nonce, { cost, tagBytes }))).toEqual(tag)
  }
})
