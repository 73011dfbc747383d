import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  base32Of,
  codeOf,
  NO_STEP,
  stepOfCode,
  TOTP_SECRET_BYTES,
  totpUri,
} from '../../lib/factors/totp/totp.ts'

// Other programs make the codes: Debian's oathtool and python3-pyotp.

const run = promisify(execFile)
const PYTHON = '/usr/bin/python3'
const CASES = 200

const has = (program: string, ...args: string[]) =>
  run(program, args).then(
    () => true,
    () => false,
  )
const [hasOathtool, hasPyotp] = await Promise.all([
  has('oathtool', '--version'),
  has(PYTHON, '-c', 'import pyotp'),
])
if (!hasOathtool || !hasPyotp) {
  const message = 'Codes of other authenticators need: apt-get install oathtool python3-pyotp'
  if (process.env.CI) throw new Error(message)
  console.warn(message)
}

/** Secrets, and seconds from 1970 to 2106. */
const SAMPLES = Array.from({ length: CASES }, () => ({
  secret: randomBytes(TOTP_SECRET_BYTES),
  second: randomBytes(4).readUInt32BE(),
}))

/** Expects that the service accepts a code at its second, and finds its step. */
function expectAccepted(codes: string[]) {
  expect(codes).toHaveLength(CASES)
  for (const [index, { secret, second }] of SAMPLES.entries()) {
    const code = codes[index] ?? ''
    const step = Math.floor(second / 30)
    expect({ second, code }).toEqual({ second, code: codeOf(secret, step) })
    const now = new Date(second * 1000)
    expect(stepOfCode(secret, code, NO_STEP, now)).toBeGreaterThanOrEqual(step)
    expect(stepOfCode(secret, code, step + 1, now)).toBeUndefined()
  }
  console.log(`${CASES} codes compared`)
}

describe.skipIf(!hasOathtool)('oathtool', () => {
  test('makes the codes that the service accepts, from the secret in base32', async () => {
    const samples = SAMPLES.flatMap(({ secret, second }) => [
      new Date(second * 1000).toISOString().replace(/T(.*)\..*/, ' $1 UTC'),
      base32Of(secret),
    ])
    // A shell starts a process in a fraction of the time that this one takes.
    const eachSample =
      'set -e; while [ $# -gt 0 ]; do oathtool --totp --base32 "--now=$1" "$2"; shift 2; done'
    const { stdout } = await run('sh', ['-c', eachSample, 'sh', ...samples])
    expectAccepted(stdout.trim().split('\n'))
  })
})

describe.skipIf(!hasPyotp)('pyotp', () => {
  const python = async (program: string, input: object) => {
    const { stdout } = await run(PYTHON, ['-c', program, JSON.stringify(input)])
    return JSON.parse(stdout)
  }

  test('makes the codes that the service accepts, from the URI', async () => {
    const program = `
import datetime, json, pyotp, sys
codes = [pyotp.parse_uri(uri).at(datetime.datetime.fromtimestamp(second, datetime.timezone.utc)) for uri, second in json.loads(sys.argv[1])]
print(json.dumps(codes))`
    const uris = SAMPLES.map(({ secret, second }) => [
      totpUri(secret, 'Example: shop', 'ada@example.org'),
      second,
    ])
    expectAccepted(await python(program, uris))
  })

  test('reads service, user and parameters from the URI', async () => {
    const secret = randomBytes(TOTP_SECRET_BYTES)
    const program = `
import json, pyotp, sys
totp = pyotp.parse_uri(json.loads(sys.argv[1])[0])
print(json.dumps([totp.secret, totp.issuer, totp.name, totp.digits, totp.interval, totp.digest().name]))`
    expect(await python(program, [totpUri(secret, 'Café Söhne', 'ada+1@example.org')])).toEqual([
      base32Of(secret),
      'Café Söhne',
      'ada+1@example.org',
      6,
      30,
      'sha1',
    ])
  })
})
