import { unzipSync } from 'fflate'
import { afterEach, expect, test, vi } from 'vitest'
import { archiveOf, modulesOf } from './archive.ts'

const FILES = { 'functions/login.cjs': Buffer.from('exports.handler = 1'), 'a.json': Buffer.from('{}') }

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the same files make the same archive, in any order, time zone and year', () => {
  const archive = archiveOf(FILES)
  vi.stubEnv('TZ', 'Pacific/Kiritimati')
  vi.setSystemTime('2040-07-01')
  const again = archiveOf(Object.fromEntries(Object.entries(FILES).reverse()))
  vi.useRealTimers()
  expect(Buffer.from(again).equals(archive)).toBe(true)
  const contents = Object.entries(unzipSync(archive)).map(([path, bytes]) => [
    path,
    String(Buffer.from(bytes)),
  ])
  expect(contents).toEqual([
    ['a.json', '{}'],
    ['functions/login.cjs', 'exports.handler = 1'],
  ])
})

test('each part of an application is a module of its own, which a bundle can require', () => {
  const users = { roles: ['member'], administrators: [] } as const
  const [theme, words] = [{ logo: '<svg/>' }, { en: { 'Sign in': 'Log in' } }]
  expect(modulesOf({ ...users, theme, words })).toEqual({
    'jwt-auth-app': { path: 'jwt-auth-app/index.json', data: { ...users, theme, words } },
    'jwt-auth-app/users': { path: 'jwt-auth-app/users.json', data: users },
    'jwt-auth-app/theme': { path: 'jwt-auth-app/theme.json', data: { theme } },
    'jwt-auth-app/languages': { path: 'jwt-auth-app/languages.json', data: {} },
    'jwt-auth-app/texts': { path: 'jwt-auth-app/texts.json', data: { words } },
  })
})
