import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../test/support/http/lambda.ts'
import { handler as signin } from './signin/signin.ts'

// A service that names one language: German.

vi.mock('../../auth.config.ts', async () => {
  const { readWords } = await import('../../plugins/config/words.ts')
  const config = { roles: ['member'], administrators: [], languages: ['de'] as const }
  return { default: { ...config, ...readWords(config, '.') } }
})
beforeEach(() => {
  const settings = { ACT_AS: 'off', MAILER: 'mailer', REGISTRATION: 'open', OAUTH: 'on', DEMO: 'off' }
  for (const [name, value] of Object.entries({ ...settings, SERVICE_NAME: 'Notes' })) vi.stubEnv(name, value)
})
afterEach(() => vi.unstubAllEnvs())

test.each(['', '?', 'en', 'fr', 'ja,en;q=0.5'])('a browser that wants "%s" gets German', async (language) => {
  const event = { ...sampleEvent('signin'), headers: { 'Accept-Language': language } }
  const query = { lang: 'en', ui_locales: 'en' }
  const { body } = await signin({ ...event, queryStringParameters: query }, lambdaContext())
  expect(body.startsWith('<!doctype html>\n<html lang="de" dir="ltr">')).toBe(true)
  expect(body).toContain('<title>Anmelden · Notes</title>')
  expect(body).not.toContain('<nav class="languages">')
  const [, file = ''] = /src="signin\/([^"]+\.js)"/.exec(body) ?? []
  const script = await signin({ ...sampleEvent('signin'), pathParameters: { file } }, lambdaContext())
  expect(script.body).toContain('"You are signed out.":"Sie sind abgemeldet."')
})
