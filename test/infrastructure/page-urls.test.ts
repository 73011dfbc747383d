import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

// Each URL of a page is made by functions/pages/page-url.js, so that no page loses the language that the reader has chosen.

test('each URL that a script of a page opens or shows keeps the language', () => {
  const bypassing = SCRIPTS.map((file) => [
    file,
    urlsIn(file).filter((url) => !MAKERS.test(url) && !OTHERS[file]?.includes(url)),
  ]).filter(([, urls]) => urls?.length !== 0)
  expect(Object.fromEntries(bypassing)).toEqual({})
  const all = SCRIPTS.flatMap(urlsIn)
  process.stdout.write(`${all.length} URLs in ${SCRIPTS.length} scripts of pages\n`)
  expect(all.filter((url) => MAKERS.test(url)).length).toBeGreaterThan(10)
  const unused = Object.entries(OTHERS).flatMap(([file, urls]) => {
    const own = urlsIn(file)
    return urls.filter((url) => !own.includes(url))
  })
  expect(unused).toEqual([])
})

test('no script writes a query with a next page or a language by itself', () => {
  const writing = SCRIPTS.filter((file) => !['page-url.js', 'page-links.js'].includes(file)).filter((file) =>
    /[?&](next|lang|again)\b/.test(
      readFileSync(`${root}/functions/pages/${file}`, 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, ''),
    ),
  )
  expect(writing).toEqual([])
})

test('each link in the HTML of a page leads to a page that page-url.js knows, or to none', async () => {
  // Its scripts have no types.
  const { isPage } = await import(`${root}/functions/pages/page-url.js`)
  const html = [
    ...FILES.filter((file) => file.endsWith('.html')).map((file) => `functions/pages/${file}`),
    ...globSync('lib/http/pages/*.ts', { cwd: root }),
  ]
  const links = html.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) =>
      href.replace('${', '{'),
    ),
  )
  const others = new Set(links.filter((href) => !isPage(href.split('?')[0] ?? '')))
  expect([...others].sort()).toEqual([
    '#/',
    '#change-password',
    '#sign-out-everywhere',
    // A script sets these.
    'authorize',
    // Pages for developers are English.
    'docs',
    'mailbox',
    'otpauth://totp/',
  ])
  expect(links.filter((href) => isPage(href.split('?')[0] ?? '')).length).toBeGreaterThan(20)
})

test('the client of each page names the language of the page, which a new account gets', () => {
  const clients = SCRIPTS.flatMap((file) =>
    [...readFileSync(`${root}/functions/pages/${file}`, 'utf8').matchAll(/createAuth\((.*)\)/g)].map(
      ([, options]) => `${file}: ${options}`,
    ),
  )
  expect(clients.length).toBeGreaterThan(5)
  expect(clients.filter((one) => !one.endsWith(', language }'))).toEqual([
    // It renews a session only, and is a script without sentences.
    "authorize/refresh.js: { url: '..' }",
  ])
})

/** What returns such a URL: page-url.js, and functions that only call it. */
const MAKERS = /^(pageUrl|nextPageUrl|signinUrl)\(/

/** Other URLs that scripts open or show, by file. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  // Apps, providers, and what the console shows.
  'authorize/screen.js': ['target', 'link.href'],
  // `url` is what LEADERS get.
  'authorize/page.js': ['target', 'url'],
  'authorize/logout.js': ['body.location'],
  'console/acting.js': ['`{origin.value}/#act-as={code}`'],
  'federation/providers.js': ['url.href'],
  // The page that began the sign-in, with its query. The address of a provider's page has no language.
  'federation/response.js': [
    'location.pathname',
    "`../{keepResponse(location.pathname.split('/').at(-1), query)}`",
  ],
  // Fragments of this page. The browser keeps the query.
  'console/search.js': ['addressOf(named[0].id)', 'addressOf(id)'],
  'console/user.js': ["addressOf('')"],
  'mail/link.js': ['`#registration={token}`'],
  // It removes the fragment only.
  'confirm/page.js': ['location.pathname + location.search'],
  // Files, and apps for codes.
  'factors/set-up.js': [
    'uri',
    "'otpauth://totp/'",
    "URL.createObjectURL(new Blob([text], { type: 'text/plain' }))",
  ],
  // These links are made here.
  'page-links.js': ['url'],
}

/** What is called with the URL to open, where the caller chooses how. */
const LEADERS = ['lead']

const FILES = globSync('functions/pages/**/*.{js,html}', { cwd: root })
  .map((file) => file.slice('functions/pages/'.length))
  // The description of the API is English.
  .filter((file) => !file.startsWith('docs/'))
  .sort()

/** Returns the expressions of a script that become URLs: those that the browser opens, and those of links. A template has `{` for its placeholders. */
function urlsIn(file: string): string[] {
  const text = readFileSync(`${root}/functions/pages/${file}`, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  const found: (ts.Expression | undefined)[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText()
      if (/^(window\.|globalThis\.)?location\.(assign|replace)$|(^|\.)open$/.test(called))
        found.push(node.arguments[0])
      if (LEADERS.includes(called)) found.push(node.arguments[0])
      // Without a URL, it keeps that of the page.
      if (/history\.(replace|push)State$/.test(called)) found.push(node.arguments[2])
      if (/\.setAttribute$/.test(called) && node.arguments[0]?.getText() === "'href'")
        found.push(node.arguments[1])
    }
    if (ts.isBinaryExpression(node) && /=$/.test(node.operatorToken.getText())) {
      const changed = node.left.getText()
      if (/\.href$|(^|\.)location$|\blocation\.(hash|search|pathname)$/.test(changed)) {
        if (!/^[!=<>]=|^===$|^!==$/.test(node.operatorToken.getText())) found.push(node.right)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found.flatMap((one) => (one ? [one.getText().replaceAll(/\s+/g, ' ').replaceAll('${', '{')] : []))
}

const SCRIPTS = FILES.filter((file) => file.endsWith('.js'))
