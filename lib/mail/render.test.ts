import { expect, test } from 'vitest'
import { renderMessage } from './render.ts'

const MARKUP = `<b title="a" lang='b'>&amp;`
const ESCAPED = '&lt;b title=&quot;a&quot; lang=&#39;b&#39;&gt;&amp;amp;'

test('HTML has every text of a message escaped, and plain text has it as it is', () => {
  const at = (place: string) => `${place} ${MARKUP}`
  const { subject, text, html } = renderMessage({
    subject: at('subject'),
    lead: at('lead'),
    action: { label: at('label'), url: at('https://service.example/?url=') },
    code: at('code'),
    paragraphs: [at('first'), at('second')],
  })
  expect(subject).toBe(at('subject'))
  expect(text).toBe(
    `lead ${MARKUP}\n\nlabel ${MARKUP}:\nhttps://service.example/?url= ${MARKUP}\n\n` +
      `Or type this code: code ${MARKUP}\n\nfirst ${MARKUP}\n\nsecond ${MARKUP}\n`,
  )
  expect(html).toContain(`<title>subject ${ESCAPED}</title>`)
  expect(html).toMatch(/<body [^>]*>/)
  expect(html.replace(/.*<body [^>]*>/, '')).toBe(
    `<p>lead ${ESCAPED}</p>` +
      `<p><a href="https://service.example/?url= ${ESCAPED}">label ${ESCAPED}</a></p>` +
      `<p>Or type this code: <strong>code ${ESCAPED}</strong></p>` +
      `<p>first ${ESCAPED}</p><p>second ${ESCAPED}</p></body></html>`,
  )
})

test('a message without a link and a code has its texts only', () => {
  const { text, html } = renderMessage({ subject: 'a', lead: 'b', paragraphs: ['c'] })
  expect(text).toBe('b\n\nc\n')
  expect(html).toMatch(/<p>b<\/p><p>c<\/p>/)
})
