import { expect, test } from 'vitest'
import { noticesOfEffects } from './effects.ts'

const THEME = { accent: ['#000000', '#ffffff'] }

test.each([
  [
    { theme: THEME, texts: { Show: 'Zeigen' } },
    {},
    ['theme, texts of auth.config.ts have no effect at stage prod, which has no pages and no mailFrom.'],
  ],
  [{ demo: 'on' }, {}, ['demo of auth.config.ts has no effect at stage prod, which has no pages.']],
  [
    { registration: 'open', notifyNewSource: 'off' },
    { pages: 'on' },
    ['registration of auth.config.ts has no effect at stage prod, which has no mailFrom.'],
  ],
  [{ theme: THEME, serviceName: 'Notes' }, { mailFrom: 'no-reply@example.org' }, []],
  [{ theme: THEME, demo: 'on' }, { pages: 'on' }, []],
  [{ tokenTtlSeconds: 600 }, {}, []],
])('of %j, the notices at a stage with %j are %j', (configured, parameters, notices) => {
  expect(noticesOfEffects(configured, 'prod', { pages: 'off', mailFrom: null, ...parameters })).toEqual(
    notices,
  )
})
