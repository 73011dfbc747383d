import '../support/process/real-argon2.ts'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { success } from '../support/process/command.ts'
import { temporaryFolder } from '../support/process/operator.ts'
import { root } from '../support/process/service-description.ts'
import { useService } from '../support/service.ts'
import { signIn } from '../support/users/sessions.ts'
import { operate } from './moved-users.ts'

// Runs the programs of examples/moving in Django itself.

const PACKAGES = 'python3-django python3-argon2 python3-bcrypt'
const { status } = spawnSync('/usr/bin/python3', ['-c', 'import django, argon2, bcrypt'])
const hasDjango = status === 0

beforeAll(() => {
  if (hasDjango) return
  const message = `The tests of moving to and from Django need Debian's packages: apt-get install ${PACKAGES}.`
  if (process.env.CI) throw new Error(message)
  console.log(message)
})

const NAMES = ['pbkdf2_sha256', 'bcrypt_sha256', 'bcrypt', 'scrypt', 'argon2']

const CREATE = `
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
for name in ${JSON.stringify(NAMES)}:
    password = make_password("a p\\u00e4ssword of " + name, hasher=name)
    User.objects.create(username=name, email=name + "@example.org", password=password, is_staff=name == "scrypt")
User.objects.create(username="inactive", password=make_password("x"), is_active=False)
User.objects.create(username="unusable", password=make_password(None))
`

test.skipIf(!hasDjango)(
  'users of Django move in, and back out, with their passwords',
  async () => {
    vi.spyOn(console, 'info').mockReturnValue()
    vi.spyOn(console, 'warn').mockReturnValue()
    const folder = temporaryFolder()
    runInDjango(folder, CREATE)
    const csv = join(folder, 'auth_user.csv')
    writeFileSync(csv, runInDjango(folder, programOf('export_users.py')))

    const stores = await useService()
    const args = ['import', csv, '--from', 'django', '--role', 'user', '--without-passwords']
    expect(await operate(stores, ...args)).toEqual(
      success(`${NAMES.length + 2} added, 0 already there, 0 invalid.\n`),
    )
    const { functions } = stores
    // The others leave with the hashes that they came with.
    const signedIn = NAMES.slice(0, 2)
    for (const name of signedIn) await signIn(functions, `${name}@example.org`, passwordOf(name))
    for (const username of [...NAMES, 'inactive', 'unusable']) {
      const refused = await functions.ask('login', { body: { username, password: 'wrong' } })
      expect(refused.status).toBe(401)
    }

    const out = temporaryFolder()
    const exported = await operate(stores, 'export', '--output', join(out, 'users.jsonl'))
    expect(exported.status).toBe(0)
    runInDjango(out, programOf('import_users.py'))
    const found = runInDjango(
      out,
      `
import json
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
passwords = {name: "a p\\u00e4ssword of " + name for name in ${JSON.stringify(NAMES)}} | {"user": "user"}
print(json.dumps({user.username: [
    user.email,
    user.is_active,
    user.is_staff,
    user.password.split("$")[0],
    authenticate(username=user.username, password="wrong") is not None,
    authenticate(username=user.username, password=passwords.get(user.username, "x")) is not None,
] for user in User.objects.all()}))`,
    )
    const hashers = ['argon2', 'argon2', 'bcrypt', 'scrypt', 'argon2']
    const moved = NAMES.map((name, index) => [
      name,
      [`${name}@example.org`, true, false, hashers[index], false, true],
    ])
    expect(JSON.parse(found)).toEqual({
      ...Object.fromEntries(moved),
      inactive: ['', false, false, 'pbkdf2_sha256', false, false],
      unusable: ['', true, false, 'argon2', false, false],
      admin: ['', true, true, 'argon2', false, false],
      user: ['', true, false, 'argon2', false, true],
      support: ['', true, false, 'argon2', false, false],
    })
    stores.aws.stop()
  },
  60_000,
)

const programOf = (file: string) => readFileSync(join(root, 'examples/moving/django', file), 'utf8')

/** Runs a program in a Django project. Its working directory contains the database. */
function runInDjango(folder: string, program: string): string {
  writeFileSync(join(folder, 'program.py'), program)
  const args = ['-W', 'ignore', join(root, 'test/operator/django-project.py'), 'users.sqlite3', 'program.py']
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const passwordOf = (name: string) => `a p\u00e4ssword of ${name}`
