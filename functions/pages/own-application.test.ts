import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, sampleEvent } from '../../test/support/lambda.ts'
import { handler as signin } from './signin/signin.ts'

// The pages of an application with a theme.

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['member'],
    administrators: [],
    theme: {
      accent: ['#7b2d26', '#ffb4a2'],
      onAccent: ['#fffffe', '#2b0a06'],
      logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><style>a{fill:#7b2d26}</style></svg>',
    },
  },
}))

beforeEach(() => {
  const settings = { MAILER: 'mailer', REGISTRATION: 'open', OAUTH: 'on', DEMO: 'off', SERVICE_NAME: 'Notes' }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const page = async (handler: typeof signin, event: string) =>
  (await handler(sampleEvent(event), lambdaContext())).body

/** Returns a file that a page loads. */
async function fileOf(html: string, extension: string) {
  const [, file = ''] = new RegExp(`(?:href|src)="signin/([^"]+\\.${extension})"`).exec(html) ?? []
  const { body } = await signin({ ...sampleEvent('signin.json'), pathParameters: { file } }, lambdaContext())
  return body
}

test('a style ends with the colours of the theme', async () => {
  const style = await fileOf(await page(signin, 'signin.json'), 'css')
  expect(style.slice(-200)).toContain(
    ':root{--accent:light-dark(#7b2d26,#ffb4a2);--on-accent:light-dark(#fffffe,#2b0a06)}',
  )
})

test('a page has the logo as an image and its icon in the colours of the theme', async () => {
  const html = await page(signin, 'signin.json')
  const [, url = ''] =
    /<span class="brand"><img src="([^"]+)" height="32" alt="">Notes<\/span>/.exec(html) ?? []
  const svg = decodeURIComponent(url.replaceAll('&lt;', '<').replaceAll('&quot;', '"'))
  expect(svg).toBe(
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><style>a{fill:#7b2d26}</style></svg>',
  )
  expect(url).not.toContain('#')
  expect(html).toContain("rx='4' fill='%237b2d26'/%3E")
  expect(html).toContain("z' fill='%23fffffe'/%3E")
})
