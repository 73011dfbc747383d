import '../support/process/real-argon2.ts'
import { expect, test } from 'vitest'
import { tokenOf } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'

const service = await useLocalService({ options: ['--require=./test/security/hashes/without-argon2.cjs'] })

test('the local service signs in where node:crypto has no argon2', async () => {
  expect(await tokenOf(service.url, 'admin')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const line = /^POST \/login 200 \d+ ms argon2\.fallback: ERR_CRYPTO_ARGON2_NOT_SUPPORTED login\.accepted /m
  await expect.poll(() => service.output()).toMatch(line)
})
