import '../support/process/real-argon2.ts'
import { expect, inject, test } from 'vitest'
import { HASH_VECTORS } from '../security/hashes/hash-vectors.ts'
import { postLogin } from '../support/http/http.ts'
import { operator, tableAt } from '../support/users/sessions.ts'

const stores = operator(tableAt(inject('dynamoDbUrl')))

test.each(HASH_VECTORS)(
  'the user of a hash by argon2-cffi can log in, and the hash is replaced if it is weaker: $hash',
  async ({ password, hash }) => {
    const username = await stores.add({ passwordHash: hash })
    const statusOf = async (guess: string) =>
      (await postLogin(inject('serviceUrl'), JSON.stringify({ username, password: guess }))).status
    expect(await statusOf(`${password}x`)).toBe(401)
    expect(await statusOf(password)).toBe(200)
    const { passwordHash } = await stores.user(username)
    if (/\$m=(8|8192),/.test(hash)) expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    else expect(passwordHash).toBe(hash)
    expect(await statusOf(password)).toBe(200)
  },
)
