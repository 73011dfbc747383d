import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import config from '../../auth.config.ts'
import { defineAuth } from '../../project/define-auth.ts'
import { parametersIn, readApplication } from './application.ts'

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"\n  viewBox="0 0 2 1">\n  <path d="M0 0h2v1z"/>\n</svg>\n'

let project: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'application-'))
  mkdirSync(join(project, 'theme'))
  mkdirSync(join(project, 'texts'))
})
afterEach(() => rmSync(project, { recursive: true }))

const write = (file: string, text: string) => writeFileSync(join(project, file), text)
const own = defineAuth({
  roles: ['member', 'editor'],
  administrators: ['editor'],
  attributes: { plan: { type: 'string' } },
  theme: { accent: ['#7b2d26', '#ffb4a2'], onAccent: ['#ffffff', '#2b0a06'], logo: 'theme/logo.svg' },
  texts: 'texts/en.json',
  serviceName: 'Notes',
  stages: { dev: { allowedOrigins: '*' } },
})

test('functions of this repository get its roles, administrators and their permissions alone', () => {
  expect(readApplication(config)).toEqual({
    application: { roles: config.roles, administrators: config.administrators, can: config.can },
    faults: [],
  })
})

test('functions get the text of the logo and the own words, and no value of a parameter', () => {
  write('theme/logo.svg', SVG)
  write('texts/en.json', '{ "Sign in": "Log in" }')
  expect(readApplication(own, project)).toEqual({
    application: {
      roles: ['member', 'editor'],
      administrators: ['editor'],
      attributes: { plan: { type: 'string' } },
      theme: {
        accent: ['#7b2d26', '#ffb4a2'],
        onAccent: ['#ffffff', '#2b0a06'],
        logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"> <path d="M0 0h2v1z"/> </svg>',
      },
      words: { en: { 'Sign in': 'Log in' } },
    },
    faults: [],
  })
})

test('faults of both files are named with their file', () => {
  write('theme/logo.svg', SVG.replace('<path', '<script'))
  write('texts/en.json', '{ "Sing in": "Log in" }')
  expect(readApplication(own, project)).toEqual({
    faults: [
      'auth.config.ts: theme.logo theme/logo.svg has the element script.',
      'texts/en.json: "Sing in" is unknown. Did you mean "Sign in"?',
    ],
  })
})

test('each language has its words, and own ones over those that come with the service', () => {
  write('texts/nl.json', '{ "draft": true, "Sign in": "Inloggen" }')
  const config = { ...own, theme: {}, languages: ['en', 'nl'] as const, texts: { nl: 'texts/nl.json' } }
  const { application, faults } = readApplication(config, project)
  expect(faults).toEqual([])
  expect(application).toMatchObject({ languages: ['en', 'nl'], words: { nl: { 'Sign in': 'Inloggen' } } })
  expect(application?.words).not.toHaveProperty('en')
})

test('words of a language that is not in languages are refused', () => {
  write('texts/nl.json', '{}')
  expect(readApplication({ ...own, theme: {}, texts: { nl: 'texts/nl.json' } }, project).faults).toEqual([
    'auth.config.ts: texts.nl is not in languages.',
  ])
})

test('a file that no configuration names is not read', () => {
  write('texts/en.json', '{ "greeting": "Hello" }')
  const { texts: _, theme, ...others } = own
  expect(readApplication(others, project).application).toEqual({
    roles: ['member', 'editor'],
    administrators: ['editor'],
    attributes: { plan: { type: 'string' } },
  })
})

test('missing files are named', () => {
  expect(readApplication(own, project).faults).toEqual([
    'auth.config.ts: theme.logo theme/logo.svg does not exist.',
    'auth.config.ts: texts texts/en.json does not exist.',
  ])
})

test('a missing logo and a file that is no JSON are named', () => {
  write('texts/en.json', '{ "Sign in" }')
  expect(readApplication(own, project).faults).toEqual([
    'auth.config.ts: theme.logo theme/logo.svg does not exist.',
    expect.stringMatching(/^texts\/en\.json: It must be JSON: .+\.$/),
  ])
})

test('words with a byte order mark are read', () => {
  write('texts/en.json', '\uFEFF{ "Sign in": "Log in" }')
  expect(readApplication({ ...own, theme: {} }, project).application?.words).toEqual({
    en: { 'Sign in': 'Log in' },
  })
})

test('a parameter that is undefined is one that the configuration does not have', () => {
  const stages = { dev: { allowedOrigins: '*', issuer: undefined } }
  expect(parametersIn(Object({ ...own, stages, mailFrom: undefined }))).toStrictEqual({
    dev: { allowedOrigins: '*' },
    default: { serviceName: 'Notes' },
  })
})
