import { expect, test } from 'vitest'
import { COLOURS } from '../../../project/colours.ts'
import { MAIL_COLOURS } from './colours.ts'
import { renderMessage } from './render.ts'

const MARKUP = `<b title="a" lang='b'>&amp;$&`
const ESCAPED = '&lt;b title=&quot;a&quot; lang=&#39;b&#39;&gt;&amp;amp;$&amp;'

/** Returns the elements of a body without their attributes, but for the URLs of links. */
const elementsOf = (html: string) =>
  html
    .replace(/^.*<body[^>]*>|<\/body>.*$/g, '')
    .replaceAll(/<(\w+)[^>]*?( href="[^"]*")?>/g, (_tag, name, href = '') => `<${name}${href}>`)

test('HTML has every text of a message escaped, and plain text has it as it is', () => {
  const at = (place: string) => `${place} ${MARKUP}`
  const { subject, text, html } = renderMessage({
    subject: at('subject'),
    lead: at('lead'),
    action: { when: at('when'), label: at('label'), url: at('https://service.example/?url=') },
    code: at('code'),
    paragraphs: [at('first'), at('second')],
  })
  expect(subject).toBe(at('subject'))
  expect(text).toBe(
    `lead ${MARKUP}\n\nwhen ${MARKUP}\n\nlabel ${MARKUP}:\nhttps://service.example/?url= ${MARKUP}\n\n` +
      `Or type this code: code ${MARKUP}\n\nfirst ${MARKUP}\n\nsecond ${MARKUP}\n`,
  )
  expect(html).toContain(`<title>subject ${ESCAPED}</title>`)
  const url = `https://service.example/?url= ${ESCAPED}`
  expect(elementsOf(html)).toBe(
    `<div><h1>subject ${ESCAPED}</h1><p>lead ${ESCAPED}</p><p>when ${ESCAPED}</p>` +
      `<p><a href="${url}">label ${ESCAPED}</a></p><p>Or open this link: <a href="${url}">${url}</a></p>` +
      `<p>Or type this code: <strong>code ${ESCAPED}</strong></p>` +
      `<p>first ${ESCAPED}</p><p>second ${ESCAPED}</p></div>`,
  )
})

test('a message without a link and a code has its texts only', () => {
  const { text, html } = renderMessage({ subject: 'a', lead: 'b', paragraphs: ['c'] })
  expect(text).toBe('b\n\nc\n')
  expect(elementsOf(html)).toBe('<div><h1>a</h1><p>b</p><p>c</p></div>')
})

test('HTML names no other file, and without a theme it has the colours of the pages', () => {
  const action = { label: 'Open', url: 'https://service.example/confirm' }
  const { html } = renderMessage({ subject: 'a', lead: 'b', action, paragraphs: [] })
  expect(html.match(/\bhttps?:[^"<]*/g)).toEqual([action.url, action.url, action.url])
  expect(html).not.toMatch(/<(img|script|link|iframe|form|base)|url\(|@import|\bsrc=/)
  for (const [name, colours] of Object.entries(MAIL_COLOURS))
    expect([name, colours]).toEqual([name, COLOURS[name as keyof typeof COLOURS]])
})
