import { hash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

const users = JSON.parse(readFileSync(process.env.USERS, 'utf8'))
export async function verify({ username, password }) {
  const user = users.find((one) => one.name === username)
  if (user === undefined) return { correct: false }
  const correct = timingSafeEqual(Buffer.from(user.sha1, 'hex'), hash('sha1', user.salt + password, 'buffer'))
  return { correct, id: String(user.id), secondFactor: user.totp !== undefined }
}
