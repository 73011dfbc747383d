import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { foreignHashes } from '../../../test/security/hashes/foreign-hashes.ts'
import { readAccount } from './new-account.ts'

const bytes = (size: number) => Buffer.alloc(size, '\u00e9\u0081\u00a7?')
const hex = (size: number) => bytes(size).toString('hex')
const base64 = (size: number) => bytes(size).toString('base64')
const argon2id = `$argon2id$v=19$m=19456,t=2,p=1$${base64(16).slice(0, 22)}$${base64(32).slice(0, 43)}`
const bcrypt = `$2b$10$${'a'.repeat(53)}`

const HASHES = [
  ...foreignHashes.rows.map(({ hash }) => hash),
  ...Object.values(foreignHashes.unsupported),
  foreignHashes.firebase.passwordHash,
  argon2id,
  argon2id.replace('v=19', 'v=16'),
  argon2id.replace('v=19$', ''),
  argon2id.replace('argon2id', 'argon2d'),
  argon2id.replace('19456', '4194304'),
  ...['$2a$', '$2b$', '$2x$', '$2y$'].map((version) => bcrypt.replace('$2b$', version)),
  ` ${bcrypt.replaceAll('a', 'x')}`,
  `'${bcrypt.replaceAll('a', 'x')}'`,
  bcrypt.replace('$10$', '$15$'),
  bcrypt.replace('$10$', '$31$'),
  '$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/',
  '$H$9aaaaaSXBjgypwqm.JsMssPLiS8YQ00',
  '$S$DuGY3vhW0k8cIr0gKDMHIQbKL3b0zXCTgNVCIxCIqvUF5bWqVnPD',
  'U$S$9Fbn1tOeJJgL6xTeDXLyzyDdFSiGaYyM.OcL8LQRRNWeKLI8EZKA',
  '$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D',
  '$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7H0vsXlY8UxxyW/BWx/9GuY7jEvGjT71GFd6O4SZND0=',
  '$md5,rounds=5000$GUBv0xjJ$$mSwgIswdjlTY0YxV7HBVm0',
  '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  '{SSHA512}8yLHtJZ0d0ZbJbH5P9ZkCw==',
  '{PBKDF2-SHA256}10000$c2FsdHNhbHQ$aaaaaaaaaaaaaaaaaaaaaaaa',
  '{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG',
  'pbkdf2_sha512$260000$salt$aGFzaGhhc2hoYXNoaGFzaA==',
  'SCRYPT:16384:8:1:MTIzNDU2Nzg=:aGFzaGhhc2hoYXNo',
  `scrypt:16777216:8:1$salt$${hex(64)}`,
  'sha256:64000:18:c2FsdHNhbHRzYWx0:aGFzaGhhc2hoYXNoaGFzaA',
  'sha1$salt$5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8',
  'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
  ...[16, 20, 28, 32, 48, 64].flatMap((size) => [hex(size), hex(size).toUpperCase()]),
  ...[16, 20, 28, 32, 48, 61, 64].map(base64),
  ...[32, 48, 64].map((size) => base64(size).replace(/=+$/, '')),
  // Joomla, MySQL, SQL Server, Node.js's examples of scrypt.
  `${hex(16)}:abcdefghijklmnopqrstuvwxyzABCDEF`,
  `*${hex(20).toUpperCase()}`,
  `0x0100${hex(24)}`,
  `${hex(8)}.${hex(64)}`,
  `${hex(16)}:${hex(64)}`,
  '_J9..CCCCXBrJUJV154M',
]

test.each(HASHES)('a hash in the place of a password is refused: %s', (hash) => {
  expect(fault(hash)).toMatch(/^password: (Is a hash of|Looks like a hash: )/)
  expect(fault(hash)).not.toContain(hash)
})

test('the fault says what the hash looks like and what to do', () => {
  expect(fault(bcrypt)).toBe(
    'password: Is a hash of bcrypt. Read it as passwordHash, such as with --map passwordHash=password.',
  )
  expect(fault(bcrypt.replace('$10$', '$15$'))).toBe(
    'password: Looks like a hash: bcrypt. Leave the column out, and add its users with --without-passwords.',
  )
  expect(fault('$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/')).toContain('Looks like a hash: phpass.')
})

test.each([
  'correct horse battery staple',
  'Correct-Horse-Battery-Staple-1234',
  'deadbeef cafe deadbeef cafe',
  '$1,000,000 for a password!',
  '{a smile} is no password :-}',
  'shame on you: sha256',
  'a-password-with-24-char=',
  'P\u00e4ssw\u00f6rter sind sch\u00f6n',
])('a password is not taken for a hash: %s', (password) => {
  expect(fault(password)).toBeUndefined()
})

test('random passwords of 20 characters of base64 are not taken for hashes', () => {
  for (let count = 0; count < 1_000; count += 1) {
    expect(fault(randomBytes(15).toString('base64'))).toBeUndefined()
  }
})

const fault = (password: string) => {
  const read = readAccount({ username: 'ada', role: 'user', password })
  return 'fault' in read ? read.fault : undefined
}
