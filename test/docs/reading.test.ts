import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')

const text = read('docs/READING.md')
const reading = text.replace(/\s+/g, ' ')

const paths = pathsIn(text)
const allFiles = paths.flatMap(({ files }) => files)

describe('the paths of READING.md', () => {
  test.each([
    ['Protected content', 3, 100],
    ['The authorizer', 6, 500],
    ['A sign-in', 9, 800],
  ])('%s has at most %i files and %i lines', (path, files, lines) => {
    expect(filesOf(path)).not.toEqual([])
    expect(filesOf(path).length).toBeLessThanOrEqual(files)
    expect(sum(filesOf(path).map(linesOf))).toBeLessThanOrEqual(lines)
  })

  test('have as few lines in all as it says', () => {
    expect(reading).toContain('three paths in order, under 1,300 lines in all')
    expect(sum(allFiles.map(({ file }) => linesOf(file)))).toBeLessThan(1_300)
  })

  test.each(paths)('$name: each file is an entry file, or one before it imports it', ({ files }) => {
    const loose = files.filter(({ file }, index) => {
      const imported = files.slice(0, index).flatMap((before) => importsOf(before.file).map(([path]) => path))
      return !file.startsWith('functions/') && !imported.includes(file)
    })
    expect(loose).toEqual([])
  })

  test.each(allFiles)('$file has the names that are said to be in it', ({ file, said }) => {
    const names = [...said.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(read(file)))).toEqual([])
  })

  test('call nothing of the folders to skip but what is named', () => {
    const [, list = ''] = /What to skip\.\*\* (.*?) are over half of the code in `lib\/`/.exec(reading) ?? []
    const skipped = [...list.matchAll(/`(lib\/\w+\/)`/g)].map(([, folder = '']) => folder)
    expect(skipped).toEqual(
      expect.arrayContaining(['lib/oauth/', 'lib/openapi/', 'lib/mail/', 'lib/factors/']),
    )
    const called = allFiles.flatMap(({ file, said }) =>
      importsOf(file)
        .filter(([path]) => skipped.some((folder) => path.startsWith(folder)))
        .flatMap(([, names]) => names.map((name) => ({ file, name, said }))),
    )
    const unnamed = called.filter(({ name, said }) => !said.includes(`\`${name}\``))
    expect(unnamed).toEqual([])
    const share = (patterns: string[]) =>
      sum(
        globSync(patterns, { cwd: root })
          .filter((file) => !file.endsWith('.test.ts'))
          .map(linesOf),
      )
    expect(share(skipped.map((folder) => `${folder}**/*.ts`)) / share(['lib/**/*.ts'])).toBeGreaterThan(0.5)
  })
})

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
    'It checks expiry and role again',
    'lib/authorization/principal.ts',
    /expiresAt <= secondOf\(now\).*roles\.includes\(role\)/s,
  ],
  ['Its role stands in `serverless.yml`', 'serverless.yml', /admin-content\.handler(\n.*)*role: admin/],
  [
    'reads keys and user at the same time',
    'lib/tokens/live-token.ts',
    /together\(\[\s*publicKeys\(.*findRevocationState\(/s,
  ],
  [
    'Only a fault of the token or of its user becomes `Unauthorized`',
    'functions/authorizer.ts',
    /isOfToken \? new Error\('Unauthorized'\) : error/,
  ],
  ['does so before a key is there', 'lib/tokens/live-token.ts', /readUnverifiedUserId\(.*publicKeys\(table/s],
  ['which it caches for five minutes', 'lib/tokens/public-keys.ts', /KEYS_MAX_AGE_MS = 300_000/],
  ['compares a number in the token', 'lib/users/revocation.ts', /generation !== state\.generation/],
  [
    'read the body, admit the attempt, verify the password, look for a second step, sign in',
    'functions/sessions/login.ts',
    /readSignIn\(.*admitAttempt\(.*verifyAttempt\(.*nextStep\(.*completePasswordSignIn\(/s,
  ],
  [
    '`nextStep` returns at once',
    'lib/sign-in/next-step.ts',
    /const \{ table, config, now \} = at\n[^{}]*\n {2}if \(!hasNext\(verified\)\) return/,
  ],
  [
    'counts the attempt before anything is hashed',
    'functions/sessions/login.ts',
    /await admitAttempt\(.*await verifyAttempt\(/s,
  ],
  [
    'gives the attempt back',
    'lib/throttling/attempt.ts',
    /function completeAttempt.*giveBack\(table, pair, /s,
  ],
  [
    'verifies an unknown username against `DECOY_HASH`',
    'lib/passwords/verify.ts',
    /user\?\.passwordHash \?\? DECOY_HASH/,
  ],
  ['does nothing if the hash is current', 'lib/passwords/verify.ts', /if \(!needsRehash\(.*\)\) return/],
  [
    'It signs first, and then one transaction stores the session with its event',
    'lib/sign-in/complete.ts',
    /together\(\[issueToken\(at, .*session\).*eventOf\(.*storeWith\(table, writes.*transact\(/s,
  ],
  ['verifies each signature before it returns', 'lib/tokens/signer.ts', /if \(verify\(.*\{\s*return `/s],
  ['stores a hash of that token', 'lib/sessions/session.ts', /secretHash: hashOf|secretHash: .*[hH]ash/],
  ['rotates a refresh token', 'functions/sessions/refresh.ts', /rotateSecret\(/],
  [
    '`classifySecret` in `lib/sessions/refresh-token.ts`',
    'lib/sessions/refresh-token.ts',
    /export (const|function) classifySecret/,
  ],
  ['`lib/sessions/redeem.ts` ends it', 'lib/sessions/redeem.ts', /endSession\(/],
  [
    'begin after about 95 lines of helpers, at `const algorithms`',
    'test/security/attacks.ts',
    /^(.*\n){90,99}const algorithms/,
  ],
]

test.each(CLAIMS)('READING.md says "%s", and %s does so', (claim, file, pattern) => {
  expect(reading).toContain(claim)
  expect(read(file)).toMatch(pattern)
})

const linesOf = (path: string): number => read(path).trimEnd().split('\n').length

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)

const filesOf = (path: string) => paths.find(({ name }) => name === path)?.files.map(({ file }) => file) ?? []

/** Returns what a file imports, without types: each file with the names. */
const importsOf = (file: string): [file: string, names: string[]][] =>
  [...read(file).matchAll(/^import \{([^}]*)\} from '(\.[^']+)'/gm)].map(([, names = '', from = '']) => [
    posix.join(posix.dirname(file), from),
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ')),
  ])

/** Returns the paths of a page, each with its files in order and what is said about each. */
function pathsIn(page: string) {
  const sections = [...page.matchAll(/^## (.+): \d+ minutes\n((?:(?!^## ).*\n)*)/gm)]
  return sections.map(([, name = '', section = '']) => ({
    name,
    files: [...section.matchAll(/^\d\. `([^`]+\.ts)`((?:.+\n)+?)(?=\d\. |\n)/gm)].map(
      ([, file = '', said = '']) => ({ file, said }),
    ),
  }))
}
