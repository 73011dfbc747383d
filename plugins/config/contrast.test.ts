import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COLOURS } from '../../project/colours.ts'
import { contrastOf, faultsOfContrast } from './contrast.ts'

const style = ['page', 'demo']
  .map((name) => readFileSync(new URL(`../../functions/pages/signin/${name}.css`, import.meta.url), 'utf8'))
  .join('\n')

test.each([
  // https://webaim.org/articles/contrast/ and https://webaim.org/resources/contrastchecker/
  ['#ffffff', '#000000', 21],
  ['#777777', '#ffffff', 4.48],
  ['#767676', '#ffffff', 4.54],
  ['#ff0000', '#ffffff', 4],
  ['#0000ff', '#ffffff', 8.59],
  ['#ffff00', '#ffffff', 1.07],
  // https://www.w3.org/WAI/WCAG22/Techniques/general/G18 and its example of a half-grey.
  ['#808080', '#ffffff', 3.95],
])('%s and %s have the published contrast %d', (one, other, published) => {
  expect(contrastOf(one, other)).toBeCloseTo(published, 2)
  expect(contrastOf(other, one)).toBe(contrastOf(one, other))
})

test('the colours are the variables of the style, with their values', () => {
  const variables = [...style.matchAll(/--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(
    ([, name = '', light, dark]) =>
      [name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase()), [light, dark]] as const,
  )
  expect(Object.fromEntries(variables)).toEqual(COLOURS)
})

test('the colours of a service without a theme have enough contrast', () => {
  expect(faultsOfContrast({})).toEqual([])
})

test('a pale accent is refused on both grounds and under its text, with ratio and scheme', () => {
  const rest = 'in the light scheme. It must be at least 4.5.'
  expect(faultsOfContrast({ accent: ['#3d8f86', '#5fd0bf'] })).toEqual([
    `theme.accent #3d8f86 on page #f3f5f4 has a contrast of 3.50 ${rest}`,
    `theme.accent #3d8f86 on card #ffffff has a contrast of 3.83 ${rest}`,
    `theme.onAccent #ffffff on accent #3d8f86 has a contrast of 3.83 ${rest}`,
  ])
})

test('a button is refused whose text is too pale under the pointer only', () => {
  const faults = faultsOfContrast({ accent: ['#127a6e', '#127a6e'], onAccent: ['#ffffff', '#ffffff'] })
  expect(faults.filter((fault) => fault.startsWith('theme.onAccent'))).toEqual([
    'theme.onAccent #ffffff on accent #127a6e, mixed with ink under the pointer, has a contrast of 4.06 in the dark scheme. It must be at least 4.5.',
  ])
})
