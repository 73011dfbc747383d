import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firebaseHash, foreignHashes } from '../security/hashes/foreign-hashes.ts'
import type { Functions } from '../support/http/functions.ts'
import { run, temporaryFolder } from '../support/process/operator.ts'
import type { TestService } from '../support/service.ts'
import { signIn } from '../support/users/sessions.ts'

/** A hash of each of six kinds, as its program writes it. */
export const SIX_KINDS = [
  ['bcrypt', 'bcrypt'],
  ['Django', 'bcrypt-sha256'],
  ['Django', 'PBKDF2'],
  ['werkzeug', 'scrypt'],
  ['argon2-cffi', 'argon2i'],
  ['Firebase', 'Firebase scrypt'],
].map(([program, kind]) => {
  const rows = [...foreignHashes.rows, firebaseHash]
  const found = rows.findLast((row) => row.program === program && row.kind === kind)
  if (found === undefined) throw new Error(`no ${kind} of ${program}`)
  return found
})

const nameOf = (index: number) => `moved-${index}`

/** Runs `npm run users` on the table of the stores. */
export const operate = (stores: TestService, ...args: string[]) =>
  run([...args, '--local', '--endpoint', stores.aws.settings.endpoints.dynamodb.origin])

/** Imports users whose hashes are of {@link SIX_KINDS} in turn. */
export async function importSixKinds(stores: TestService, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    username: nameOf(index),
    role: 'user',
    passwordHash: SIX_KINDS[index % SIX_KINDS.length]?.hash,
  }))
  const file = join(temporaryFolder(), 'users.jsonl')
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const { stdout } = await operate(stores, 'import', file)
  if (stdout !== `${count} added, 0 already there, 0 invalid.\n`) throw new Error(stdout)
}

/** Signs in so many users of each kind. Returns the hashes that they have afterwards. */
export async function signInOfEachKind(stores: TestService, functions: Functions, count: number) {
  const hashes: string[] = []
  for (let index = 0; index < count * SIX_KINDS.length; index += 1) {
    const username = nameOf(index)
    await signIn(functions, username, SIX_KINDS[index % SIX_KINDS.length]?.password)
    hashes.push((await stores.user(username)).passwordHash)
  }
  return hashes
}
