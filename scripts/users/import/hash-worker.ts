import { randomBytes } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'

parentPort?.on('message', (password: string) =>
  parentPort?.postMessage(hashPassword(password, randomBytes(SALT_BYTES))),
)
