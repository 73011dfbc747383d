import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultsOfConfig } from '../../plugins/config/faults.ts'
import { faultOfSvg } from '../../plugins/config/svg.ts'
import { COLOURS } from '../../project/colours.ts'
import { defineAuth } from '../../project/define-auth.ts'
import { root } from '../support/process/service-description.ts'

// What docs/THEME.md shows.

const page = readFileSync(`${root}/docs/THEME.md`, 'utf8')
const blocks = [...page.matchAll(/```(\w*)\n(.*?)```/gs)]
/** Returns the first block in a language. */
const block = (language: string) => blocks.find(([, of]) => of === language)?.[2] ?? ''

const [, literal] = /defineAuth\((.*)\)/s.exec(block('ts')) ?? []
const shown = defineAuth(new Function(`return ${literal}`)())

test('the theme of THEME.md is one, and every colour has its row', () => {
  expect(Object.keys(shown.theme ?? {})).toContain('logo')
  expect(faultsOfConfig(shown)).toEqual([])
  const [, table = ''] = /\| Colour \| For \|\n(.*?)\n\n/s.exec(page) ?? []
  const named = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)])
  expect(named.map(([, name]) => name)).toEqual(Object.keys(COLOURS))
})

test('the refusal of THEME.md is that of its accent', () => {
  const theme = { accent: ['#3d8f86', '#5fd0bf'] as const }
  const faults = faultsOfConfig({ ...shown, theme }).map((fault) => `auth.config.ts: ${fault}\n`)
  expect(faults).toContain(block(''))
})

test('the style of THEME.md is accepted', () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">${block('xml')}</svg>`
  expect(faultOfSvg(svg)).toBeUndefined()
})
