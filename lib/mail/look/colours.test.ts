import { expect, test, vi } from 'vitest'
import { renderMessage } from './render.ts'

vi.mock('../../../auth.config.ts', () => ({
  default: {
    roles: ['member'],
    administrators: [],
    theme: {
      accent: ['#7b2d26', '#ffb4a2'],
      onAccent: ['#fffffe', '#2b0a06'],
      page: ['#faf7f5', '#171211'],
      logo: '<svg/>',
      links: { terms: '/terms' },
    },
  },
}))

test('a mail has the colours of the theme in both schemes, and no logo', () => {
  const action = { label: 'Open', url: 'https://service.example/confirm' }
  const { html } = renderMessage({ subject: 'a', lead: 'b', action, paragraphs: [] })
  expect(html).toMatch(/<a class="button" style="[^"]*;background:#7b2d26;color:#fffffe" href=/)
  expect(html).toMatch(/<body class="page" style="[^"]*;background:#faf7f5">/)
  expect(html).toContain('.button{background:#ffb4a2!important;color:#2b0a06!important}')
  expect(html).toContain('.page{background:#171211!important}')
  // The theme leaves it as it is.
  expect(html).toContain('.card{background:#18211e!important')
  expect(html).not.toMatch(/svg|terms/)
})
