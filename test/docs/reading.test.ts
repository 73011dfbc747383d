import { existsSync, globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')

/** What READING.md says about the code, and a pattern that its file must contain. */
const CLAIMS: [claim: string, file: string, pattern: RegExp][] = [
  [
    'who the caller is, and a response',
    'functions/content/user-content.ts',
    /principalOf\(event, now\).*return json\(200/s,
  ],
  [
    'turns every thrown error into a problem',
    'lib/http/handler.ts',
    /route\(event, request\)\.catch\(\(error\) => problem\(/,
  ],
  [
    'read the body, admit the attempt, verify the password, look for a second step, sign in',
    'functions/sessions/login.ts',
    /readSignIn\(.*admitAttempt\(.*verifyAttempt\(.*nextStep\(.*completePasswordSignIn\(/s,
  ],
  [
    'it signs first, and then one transaction stores the session with its event',
    'lib/sign-in/complete.ts',
    /together\(\[issueToken\(at, .*session\).*eventOf\(.*transact\(/s,
  ],
  [
    'the attempt is counted first',
    'functions/sessions/login.ts',
    /await admitAttempt\(.*await verifyAttempt\(/s,
  ],
  [
    'given back if the password was correct',
    'lib/throttling/attempt.ts',
    /function (returnAttempt|completeAttempt).*giveBack\(/s,
  ],
  ['verified against a decoy hash', 'lib/passwords/verify.ts', /user\?\.passwordHash \?\? DECOY_HASH/],
  ['See the list of claims', 'lib/tokens/access-token.ts', /iss: .*aud: .*sub: /s],
  [
    'reads keys and user at the same time',
    'functions/authorizer.ts',
    /together\(\[\s*publicKeys\(.*findRevocationState\(/s,
  ],
  [
    'only a fault of the token or of its user becomes `Unauthorized`',
    'functions/authorizer.ts',
    /'invalid_token' \? new Error\('Unauthorized'\) : error/,
  ],
  ['rotates a refresh token', 'functions/sessions/refresh.ts', /rotateSecret\(/],
  [
    '`classifySecret` in `lib/sessions/refresh-token.ts`',
    'lib/sessions/refresh-token.ts',
    /export (const|function) classifySecret/,
  ],
  ['`lib/sessions/redeem.ts` ends the session', 'lib/sessions/redeem.ts', /endSession\(/],
  ['File 2 calls one function of it: `nextStep`', 'functions/sessions/login.ts', /nextStep\(/],
  [
    'begin after about 95 lines of helpers, at `const algorithms`',
    'test/security/attacks.ts',
    /^(.*\n){90,99}const algorithms/,
  ],
]

const reading = read('docs/READING.md').replace(/\s+/g, ' ')

test.each(CLAIMS)('READING.md says "%s", and %s does so', (claim, file, pattern) => {
  expect(reading).toContain(claim)
  expect(read(file)).toMatch(pattern)
})

test('login needs no other function of second factors than those that READING.md names', () => {
  const imports = [
    ...read('functions/sessions/login.ts').matchAll(
      /import \{ (.*) \} from '.*\/lib\/(?:factors|enrolment|webauthn|sign-in)\/(?!password\.ts).*'/g,
    ),
  ]
  const names = imports.flatMap(([, all = '']) => all.split(', '))
  expect(names.sort()).toEqual(['nextStep'])
})

/** Returns the part of the lines of `lib/`, without tests, that some of its folders have. */
function shareOf(folders: string[]): number {
  const linesOf = (pattern: string) =>
    globSync(pattern, { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .reduce((sum, file) => sum + read(file).split('\n').length, 0)
  return folders.reduce((sum, folder) => sum + linesOf(`lib/${folder}/**/*.ts`), 0) / linesOf('lib/**/*.ts')
}

test('READING.md says how much of lib/ one may skip', () => {
  expect(reading).toContain('and most of `lib/sign-in/` are a sixth of `lib/`')
  expect(1 / shareOf(['factors', 'enrolment', 'webauthn', 'sign-in'])).toBeCloseTo(6, 0)
  expect(reading).toContain('Another fifth of `lib/` is `lib/oauth/`')
  expect(1 / shareOf(['oauth'])).toBeCloseTo(5, 0)
})

test('files 2 to 6 of READING.md have a test beside them', () => {
  const files = [...read('docs/READING.md').matchAll(/^[2-6]\. `([^`]+)\.ts`/gm)].map(
    ([, file]) => `${file}.test.ts`,
  )
  expect(files).toHaveLength(5)
  expect(files.filter((file) => !existsSync(`${root}/${file}`))).toEqual([])
})
