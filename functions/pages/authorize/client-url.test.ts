import { expect, test } from 'vitest'

/** As a module: the handler imports the script as text. */
const { isClientUrl }: { isClientUrl(text: string): boolean } = await import(
  new URL('./client-url.js', import.meta.url).href
)

const ALLOWED = [
  'https://shop.example/callback?tenant=1&code=abc',
  'https://SHOP.example:8443/',
  'http://127.0.0.1:51004/callback?code=abc',
  'http://[::1]:8080/?code=abc',
  'http://localhost/?code=abc',
  'com.example.app:/callback?code=abc',
  'com.example.my-app:/?error=login_required',
  'cursor://anysphere.cursor-mcp/oauth/callback?code=abc',
]

test.each(ALLOWED)('the page may lead to %s', (url) => {
  expect(isClientUrl(url)).toBe(true)
})

const REFUSED = [
  '',
  'callback',
  '/callback',
  '//evil.example/',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript://shop.example/%0aalert(1)',
  'javascript:https://shop.example/',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://shop.example/1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  'filesystem:https://shop.example/temporary/x',
  'file:///etc/passwd',
  'about:blank',
  'about:srcdoc',
  'view-source:https://shop.example/',
  'intent:#Intent;scheme=https;end',
  'mailto:ada@example.org',
  'tel:112',
  'ws://shop.example/',
  'ftp://shop.example/',
  'app:/callback',
  'cursors:/callback',
  'ms-settings:/callback',
  'com.:/callback',
  '.com.example:/callback',
  'http://shop.example/callback',
  'http://127.0.0.1.evil.example/',
  'http://localhost.evil.example/',
  'http://evil.example/#localhost',
  'https:callback',
  'https:/callback',
  'http:localhost',
  'https:\\\\evil.example',
  'https://shop.exаmple/',
  'https://shop.example/a b',
]

test.each(REFUSED)('the page does not lead to %j', (url) => {
  expect(isClientUrl(url)).toBe(false)
})
