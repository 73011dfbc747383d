import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleEvent } from '../support/http/lambda.ts'
import { type Foreign, foreignProject, type Package } from './foreign.ts'

// A project in two languages: what its functions get on AWS, and on this machine.

const APPLICATION = {
  roles: ['member'],
  administrators: [],
  languages: ['en', 'de'],
  pages: 'on',
  cookieSessions: 'on',
  mailFrom: 'no-reply@shop.example',
  registration: 'open',
}

let project: Foreign
let packaged: Package

beforeAll(async () => {
  project = foreignProject('foreign/shop')
  const config = `import { defineAuth } from 'serverless-jwt-auth'\nexport default defineAuth(${JSON.stringify(APPLICATION)})\n`
  writeFileSync(join(project.folder, 'auth.config.ts'), config)
  project.write()
  packaged = await project.package()
})
afterAll(() => project.remove())

/** Returns the German words in the archive of a function; nothing if it reads none. */
function wordsIn(key: string): Record<string, string> | undefined {
  const bytes = unzipSync(packaged.archive(`shop-prod-auth-${key}.zip`))[
    'node_modules/jwt-auth-app/texts.json'
  ]
  return bytes && JSON.parse(String(Buffer.from(bytes))).words.de
}

test('an archive has the words of the sentences that its function shows, and no others', () => {
  expect(wordsIn('signin')).toMatchObject({ 'Forgot your password?': 'Passwort vergessen?' })
  expect(wordsIn('signin')).not.toHaveProperty('You are invited to {service}')
  expect(wordsIn('mailer')).toHaveProperty('You are invited to {service}')
  expect(wordsIn('mailer')).not.toHaveProperty('Forgot your password?')
  for (const key of ['authorizer', 'login', 'me']) expect(wordsIn(key)).toBeUndefined()
})

test('a function on this machine has the words of its page', async () => {
  const event = JSON.stringify({ ...sampleEvent('signin'), headers: { 'Accept-Language': 'de-AT' } })
  writeFileSync(join(project.folder, 'event.json'), event)
  const { stdout } = await project.run(['invoke', 'local', '-f', 'signin', '--path', 'event.json'])
  const { body } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  expect(body).toContain('<html lang="de" dir="ltr">')
  expect(body).toContain('Passwort vergessen?')
})
