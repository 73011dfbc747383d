import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../../test/support/http/lambda.ts'
import { handler } from './console.ts'

const moduleOf = (path: string) => import(new URL(path, import.meta.url).href)
const { whatOf }: { whatOf(event: object, voice: object): string } = await moduleOf('../account/wording.js')
const { OWN }: { OWN: Record<string, object> } = await moduleOf('../account/own-voice.js')
const { THEIRS }: { THEIRS: Record<string, object> } = await moduleOf('./voice.js')

beforeEach(() => {
  vi.stubEnv('DEMO', 'off')
  vi.stubEnv('SERVICE_NAME', 'Acme Shop')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test.each([
  { MAILER: '', REGISTRATION: 'off', ACT_AS: 'off', ids: [] },
  { MAILER: 'mailer', REGISTRATION: 'off', ACT_AS: 'off', ids: ['reset', 'reset-factors'] },
  { MAILER: 'mailer', REGISTRATION: 'invite', ACT_AS: 'off', ids: ['invite', 'reset', 'reset-factors'] },
  { MAILER: '', REGISTRATION: 'off', ACT_AS: 'on', ids: ['act-as'] },
])(
  'the console has $ids with MAILER=$MAILER, REGISTRATION=$REGISTRATION and ACT_AS=$ACT_AS',
  async (settings) => {
    const { ids, ...environment } = settings
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    const { body, headers } = await handler(sampleEvent('console'), lambdaContext())
    expect([...body.matchAll(/id="(invite|reset|reset-factors|act-as)"/g)].map(([, id]) => id)).toEqual(ids)
    expect(body).not.toContain('<!-- if')
    expect(headers?.['Content-Security-Policy']).toMatch(
      /frame-ancestors 'none';.*; require-trusted-types-for 'script'; trusted-types 'none'$/,
    )
  },
)

test('the words for operators are about another person, of all sign-ins and resets', () => {
  const { signIns = {}, resets = {}, acted } = THEIRS
  expect([Object.keys(signIns), Object.keys(resets)]).toEqual([
    Object.keys(OWN.signIns ?? {}),
    Object.keys(OWN.resets ?? {}),
  ])
  expect(JSON.stringify([signIns, resets, acted])).not.toMatch(/\byou/i)
  expect(whatOf({ type: 'session.created', detail: 'pwd' }, THEIRS)).toBe('Signed in with the password')
})
