import { expect, test } from 'vitest'
import { inOwnWords } from './own-words.ts'

/** Returns the sentences of HTML. */
function sentencesOf(html: string): string[] {
  const found: string[] = []
  inOwnWords(html, (sentence) => void found.push(sentence))
  return found
}

const only = (words: string) => () => words

test.each<[string, string, string[]]>([
  ['text', '<p class="hint">Sign in</p>', ['Sign in']],
  ['lines of a source', '<p>\n  Sign in,\n  then wait.\n</p>', ['Sign in, then wait.']],
  ['a link', '<p>No account? <a href="register">Create one</a>.</p>', ['No account? [Create one].']],
  ['nothing but a link', '<p> <a href="forgot">Forgot it?</a> </p>', ['Forgot it?']],
  ['two links', '<a href="a">One</a> or <a href="b">two</a>', ['[One] or [two]']],
  ['what a script fills in', '<p>Hello <strong id="who"></strong>!</p>', ['Hello {who}!']],
  ['a place by its data', '<h1>To <span data-app id="x"></span></h1>', ['To {app}']],
  ['the name of the service', '<h1>Sign in to {{serviceName}}</h1>', ['Sign in to {serviceName}']],
  [
    'a part of a page',
    '<h1><!-- if demo -->Sign in<!-- end --><!-- if plain -->Log in<!-- end --></h1>',
    ['Sign in', 'Log in'],
  ],
  ['a field', '<label for="a">Code</label><input id="a" placeholder="8 digits">', ['Code', '8 digits']],
  ['labels', '<button aria-label="Remove it" title="Remove">✕</button>', ['Remove it', 'Remove']],
  ['a picture with a tag in its URL', '<img src="data:,<b>Text</b>" alt="Logo">', ['Logo']],
  ['a doctype', '<!doctype html>\n<html lang="en"><p>Text</p></html>', ['Text']],
  ['no words', '<p>{{serviceName}} <span id="a"></span> · 15</p><p id="b"></p>', []],
  ['an element that is not closed', '<p>One <a href="a">two</p>', ['One [two]']],
  ['an element that is not open', '<p>One</a> two</p>', ['One[ two]']],
])('the sentences of HTML with %s are found', (_what, html, sentences) => {
  expect(sentencesOf(html)).toEqual(sentences)
})

test.each<[string, string, string, string]>([
  ['text', '<p>\n  Sign in\n</p>', 'Log in', '<p>\n  Log in\n</p>'],
  [
    'a link',
    '<p>New? <a href="register">Create one</a>.</p>',
    '[Join] us, {x}',
    '<p><a href="register">Join</a> us, {{x}}</p>',
  ],
  [
    'places in another order',
    '<p>As <b id="user"></b> to <b id="app"></b></p>',
    '{app} for {user}',
    '<p><b id="app"></b> for <b id="user"></b></p>',
  ],
  ['the name of the service', '<h1>To {{serviceName}}</h1>', '{serviceName}!', '<h1>{{serviceName}}!</h1>'],
  [
    'HTML in the words',
    '<p>Sign in</p>',
    '<b onclick="a">&amp;</b>',
    '<p>&lt;b onclick=&quot;a&quot;>&amp;amp;&lt;/b></p>',
  ],
  ['a comment in the words', '<p>Sign in</p>', '<!-- if demo -->', '<p>&lt;!-- if demo --></p>'],
  ['text behind a doctype', '<!doctype html>\n<p>Sign in</p>', 'Log in', '<!doctype html>\n<p>Log in</p>'],
  ['brackets without a link', '<p>Sign in</p>', '[Acme] Log in', '<p>[Acme] Log in</p>'],
  ['HTML in the words of a link', '<p>No? <a href="a">Yes</a></p>', '[<i>]', '<p><a href="a">&lt;i></a></p>'],
  [
    'text around what a script fills in',
    '<p>Hi <b id="who"></b>!</p>',
    '<i> {who} <u>',
    '<p>&lt;i> <b id="who"></b> &lt;u></p>',
  ],
  ['an attribute', '<input aria-label="Name">', 'Your "name"', '<input aria-label="Your &quot;name&quot;">'],
])('own words take the place of %s', (_what, html, words, expected) => {
  expect(inOwnWords(html, only(words))).toBe(expected)
})

test('HTML without own words stays as it is', () => {
  const html = '<p title="A">\n B <a href="c">D</a>, {{e}}\n</p><!-- if f -->G<!-- end -->'
  expect(inOwnWords(html, () => undefined)).toBe(html)
})
