import { createHash } from 'node:crypto'
import { type Reply, say, startFakeAws } from '../aws/fake-aws.ts'

/** Returns the SHA-1 of a password as the API of Have I Been Pwned splits it: what is sent, and what comes back. */
export function splitHash(password: string): { prefix: string; suffix: string } {
  const hash = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase()
  return { prefix: hash.slice(0, 5), suffix: hash.slice(5) }
}

/** Rows of other passwords, two of them padding. */
const OTHERS = [
  '0018A45C4D1DEF81644B54AB7F969B88D65:10',
  '00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0',
  'FFEC4A0C1B2D3E4F5061728394A5B6C7D8E:0',
]

/** Returns a range that lists a password this often. */
export const rangeWith = (password: string, count: number | string): string =>
  [...OTHERS, `${splitHash(password).suffix}:${count}`].sort().join('\r\n')

/** A range without the password of any test. */
export const RANGE = OTHERS.join('\r\n')

/** Starts a stand-in for the API, with one reply for each request. The last reply is repeated. */
export async function startBreaches(...replies: [Reply | string, ...(Reply | string)[]]) {
  const [first, ...others] = replies.map((reply) => (typeof reply === 'string' ? say(200, reply) : reply))
  const { url, received, connections } = await startFakeAws(first as Reply, ...others)
  return { api: new URL('range/', url), received, connections }
}
