import { vi } from 'vitest'

type Argon2Sync = typeof import('node:crypto').argon2Sync

/** Fails as in a Node.js whose OpenSSL has no argon2. */
export const notSupported: Argon2Sync = () => {
  const code = 'ERR_CRYPTO_ARGON2_NOT_SUPPORTED'
  throw Object.assign(new Error('Argon2 algorithm not supported'), { code })
}

/**
 * Imports fresh modules that find another `argon2Sync` in node:crypto, or none.
 *
 * @param load - Imports the modules.
 */
export async function importWithArgon2<T>(
  argon2Sync: Argon2Sync | undefined,
  load: () => Promise<T>,
): Promise<T> {
  vi.resetModules()
  vi.doMock('node:crypto', async (original) => ({ ...(await original<object>()), argon2Sync }))
  try {
    return await load()
  } finally {
    vi.doUnmock('node:crypto')
    vi.resetModules()
  }
}
