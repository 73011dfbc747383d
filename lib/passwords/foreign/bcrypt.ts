import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Kind } from './kind.ts'

/** Limits of the logarithm of the rounds. 14 takes a second. bcrypt itself has no cost below 4. */
const MIN_COST = 4
const MAX_COST = 14

const isAffordable: Kind['isAffordable'] = ({ cost }) => Number(cost) >= MIN_COST && Number(cost) <= MAX_COST

/** bcrypt in the format of most programs. Django writes the name of the algorithm in front. */
export const bcrypt: Kind = {
  name: 'bcrypt',
  spellings: [
    /^(?:bcrypt\$)?(?<setting>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{22})(?<digest>[./A-Za-z0-9]{31})$/,
  ],
  isAffordable,
  matches: (password, { setting = '', digest = '' }) => digestMatches(password, setting, digest),
  // A password of 72 bytes may be the beginning of a longer one. Only a shorter one ends with a zero byte,
  // which is hashed too.
  passwordBytes: 71,
}

/** bcrypt of a digest of the password, without a limit of 72 bytes. */
export const bcryptSha256: Kind = {
  name: 'bcrypt-sha256',
  spellings: [
    // Django: SHA-256 in hexadecimal digits.
    /^bcrypt_sha256\$(?<setting>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{22})(?<digest>[./A-Za-z0-9]{31})$/,
    // passlib since 1.7.3: HMAC-SHA-256 in base64, keyed with the salt.
    /^\$bcrypt-sha256\$v=2,t=(?<type>2[aby]),r=(?<cost>\d\d?)\$(?<salt>[./A-Za-z0-9]{22})\$(?<digest>[./A-Za-z0-9]{31})$/,
  ],
  isAffordable,
  matches(password, { setting, digest = '', type = '', cost = '', salt }) {
    if (salt === undefined) {
      return digestMatches(hash('sha256', password, 'hex'), setting ?? '', digest)
    }
    const key = createHmac('sha256', salt).update(password).digest('base64')
    return digestMatches(key, `$${type}$${cost.padStart(2, '0')}$${salt}`, digest)
  },
}

/** Loads `bcryptjs`. A package contains it as a separate file, which only this function reads. */
async function digestMatches(password: string, setting: string, digest: string): Promise<boolean> {
  const { hashSync } = await import('bcryptjs')
  const computed = hashSync(password, setting).slice(-digest.length)
  return timingSafeEqual(Buffer.from(computed), Buffer.from(digest))
}
