import '../../support/process/real-argon2.ts'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { hashPassword } from '../../../lib/passwords/hash.ts'
import { foreignHashes } from '../../security/hashes/foreign-hashes.ts'
import { useStore } from '../../support/process/operator.ts'
import { root } from '../../support/process/service-description.ts'
import { authenticator } from '../../support/users/authenticator.ts'
import { addMover, newFolder } from './movers.ts'

// Other programs verify the hashes and codes in the files.

const PACKAGES = 'python3-argon2 python3-bcrypt python3-pyotp'
const PYTHON = '/usr/bin/python3'
const hasPython = spawnSync(PYTHON, ['-c', 'import argon2, bcrypt, pyotp']).status === 0

beforeAll(() => {
  if (hasPython) return
  const message = `The tests of leaving need Debian's packages: apt-get install ${PACKAGES}.`
  if (process.env.CI) throw new Error(message)
  console.log(message)
})

/** Kinds of hashes, and whether each system takes them. */
const KINDS = [
  ...foreignHashes.rows.filter(({ kind }) => /^(argon2|bcrypt$)/.test(kind)),
  { kind: 'PBKDF2', ...foreignHashes.rows.find(({ kind }) => kind === 'PBKDF2') },
]

test.skipIf(!hasPython).each([
  ['keycloak', ['argon2id', 'argon2i']],
  ['supabase', ['argon2id', 'argon2i', 'bcrypt']],
])(
  'argon2-cffi, bcrypt and pyotp verify each hash and secret of the files for %s',
  async (system, kinds) => {
    const store = await useStore()
    const own = { kind: 'argon2id', password: 'a pässword of this service', hash: '' }
    own.hash = await hashPassword(own.password, randomBytes(16))
    const users = [own, ...KINDS].map(({ kind, password = '', hash = '' }, index) => ({
      email: `user-${index}@example.org`,
      kind,
      password,
      hash,
      secret: randomBytes(20),
    }))
    for (const { email, hash: passwordHash, secret } of users) {
      await addMover(store.table, { username: email, email, emailVerified: true, passwordHash }, { secret })
    }
    const folder = newFolder()
    const exported = await store.run(['export', '--to', folder, '--for', system, '--with-secrets'])
    expect(exported.status).toBe(0)
    const known = Object.fromEntries(users.map(({ email, password }) => [email, { password }]))
    const program = join(root, 'test/operator/leaving/verify-files.py')
    const { stdout, stderr } = spawnSync(PYTHON, [program, system, folder, JSON.stringify(known)], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const expected = users.map(({ email, kind, secret }) => {
      const taken = kinds.includes(kind)
      const code = authenticator(base32Of(secret))(new Date(1_800_000_000_000))
      return [email, { password: taken || null, wrong: taken ? false : null, code }]
    })
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(expected))
  },
  60_000,
)
