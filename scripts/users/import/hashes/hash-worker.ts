import { randomBytes } from 'node:crypto'
import { on } from 'node:events'
import { parentPort } from 'node:worker_threads'
import { hashPassword, SALT_BYTES } from '../../../../lib/passwords/hash.ts'

if (parentPort === null) throw new TypeError('not a thread')
// One after another, since the hashes must have the order of the passwords.
for await (const [password] of on(parentPort, 'message')) {
  parentPort.postMessage(await hashPassword(password, randomBytes(SALT_BYTES)))
}
