import { createHmac, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { addressIn, newMailId } from './confirmation.ts'

const RANDOM_BYTES = 6
const TAG_BYTES = 10
/** The same key is that of tries at providers, whose values do not begin so. */
const PURPOSE = 'mail '

/** Random bytes that {@link newBoundMailId} needs. */
export const BOUND_MAIL_ID_BYTES = RANDOM_BYTES

const tagOf = (key: string, random: Buffer, address: string): Buffer =>
  createHmac('sha256', key).update(PURPOSE).update(random).update(address).digest().subarray(0, TAG_BYTES)

/**
 * Returns a mail id that only the browser with this key can use. It has the form of every mail id, so mailer, link and table do not
 * differ, and nothing is stored. Without the key, it is 128 random bits (docs/decisions/0163-a-mail-signs-in-the-browser-that-asked.md).
 *
 * @param random - {@link BOUND_MAIL_ID_BYTES} fresh random bytes.
 * @param key - Of the browser: 256 random bits in base64url.
 * @param address - As it was typed.
 */
export const newBoundMailId = (random: Buffer, key: string, address: string): string =>
  newMailId(Buffer.concat([random, tagOf(key, random, address)]), address)

/** The refusal of a mail that another browser asked for: the member `error` of its problem, and the detail. */
export const OTHER_BROWSER = {
  error: 'other_browser',
  detail: 'This mail was asked for in another browser. Use it there, or ask for a new one here.',
}

/**
 * Requires that the browser with this key asked for a mail. Otherwise an attacker who asks for a mail could sign its visitor in as the
 * attacker. It is verified before a code is counted: a stranger who knows the mail id must not use up its tries.
 *
 * @param key - An empty text is no key.
 * @throws {@link ServiceError} `invalid_credentials`, as {@link OTHER_BROWSER}.
 */
export function requireSameBrowser(mailId: string, key: string): void {
  if (isBoundTo(mailId, key)) return
  throw new ServiceError('invalid_credentials', 'another browser', {
    ...OTHER_BROWSER,
    event: 'link.refused',
  })
}

/** Whether the browser with this key asked for a mail. */
function isBoundTo(mailId: string, key: string): boolean {
  const [id = ''] = mailId.split('.')
  const bytes = Buffer.from(id, 'base64url')
  if (key === '' || bytes.length !== RANDOM_BYTES + TAG_BYTES) return false
  const tag = tagOf(key, bytes.subarray(0, RANDOM_BYTES), addressIn(mailId))
  return timingSafeEqual(tag, bytes.subarray(RANDOM_BYTES))
}
