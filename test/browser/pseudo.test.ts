import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { inspectWrapped, open, useBrowser } from './browser.ts'
import { PSEUDO, PSEUDO_WORDS } from './pseudo-words.ts'
import { useWordedService } from './worded-service.ts'

// All pages at 360 pixels in languages that are longer, have other letters, or run from right to left. The pictures are in
// `.results/screenshots`.

useBrowser()
const AR = JSON.parse(readFileSync(`${root}/test/support/texts-ar.json`, 'utf8'))
const used = useWordedService(['en', 'de', 'ja', 'ar', PSEUDO], { ar: AR, [PSEUDO]: PSEUDO_WORDS })

const PAGES = [
  'signin',
  'register',
  'forgot',
  'confirm',
  'confirm#reset=a.b.c',
  'oauth2/authorize',
  'oauth2/logout',
]

/** Shows all parts of a page, also those that a script shows later. */
const SHOW_ALL = `(() => {
  for (const template of document.querySelectorAll('template')) template.replaceWith(template.content)
  for (const element of document.querySelectorAll('[hidden]')) element.hidden = false
  for (const element of document.querySelectorAll('details, dialog')) element.open = true
})()`

/** Returns the texts of a page, and what screen readers read, but not names of languages, and no text that is English for all readers: what is for developers. */
const TEXTS = `(() => {
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const texts = [document.title.replace(/ · .*/, '')]
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    if (!node.parentElement.closest('script, style, noscript, .languages, #locale, #problem-detail, [lang="en"]')) texts.push(node.data)
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
    for (const element of document.querySelectorAll('body [' + name + ']')) texts.push(element.getAttribute(name))
  }
  return texts.map((text) => text.trim()).filter(Boolean)
})()`

/** Elements that are wider than the page, on either side. */
const OVERFLOW = `[...document.querySelectorAll('body *')]
  .filter((element) => !element.closest('.visually-hidden, option'))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect()
    return right > innerWidth + 0.5 || left < -0.5
  })
  .map(({ tagName, id, className }) => tagName + '#' + id + '.' + className)`

/** What a page shows unchanged in all languages: names, roles, times, and what the service has recorded. */
const VALUES = [
  /serverless-jwt-auth/g,
  /\bDemo\b/g,
  /\/mailbox\b/g,
  /\b(?:user|admin)\b/g,
  /\b(?:Headless)?(?:Chrome|Chromium|Linux)\b/g,
  // Ids.
  /\b[\w-]{22}\b/g,
  // Times, by `Intl`.
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/g,
  /\b(?:at|AM|PM|UTC)\b/g,
]

const withoutValues = (text: string) => VALUES.reduce((rest, value) => rest.replaceAll(value, ''), text)

const urlOf = (path: string, language: string) =>
  `${used.service.url}/${path.replace(/(?=#|$)/, `?lang=${language}`)}`

async function openIn(language: string, path: string): Promise<Page> {
  const page = await open(urlOf(path, language), { width: 360, locale: 'en-US' })
  await page.locator('h1').filter({ visible: true }).first().waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe(language)
  return page
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.locator('#username').fill(name)
  await page.locator('#password').fill(name)
  await page.keyboard.press('Enter')
}

/** Signs a user in on the way to a page. The page leads to the sign-in itself, so this waits for the form first. */
async function openSignedIn(language: string, path: string, name: string): Promise<Page> {
  const page = await open(urlOf(path, language), { width: 360, locale: 'en-US' })
  await page.waitForURL(/\/signin/)
  await signIn(page, name)
  await page.waitForURL(new RegExp(`/${path}`))
  await page.locator('h1').filter({ visible: true }).first().waitFor()
  const root = await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')
  expect(root).toEqual([language, language === 'ar' ? 'rtl' : 'ltr'])
  return page
}

/** Expects that a page fits its width. */
async function expectFit(page: Page): Promise<void> {
  expect(await page.evaluate(OVERFLOW)).toEqual([])
  const { scrollWidth, clientWidth } = await page.evaluate<Record<string, number>>(
    '({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })',
  )
  expect([scrollWidth, clientWidth]).toEqual([360, 360])
}

const untranslated = async (page: Page) => {
  const texts = await page.evaluate<string[]>(TEXTS)
  expect(texts.length).toBeGreaterThan(3)
  return texts.filter((text) => /[A-Za-z]{2}/.test(withoutValues(text)))
}

const nameOf = (path: string) => path.replaceAll(/[^a-z]+/g, '-')

describe.each([PSEUDO, 'de', 'ar'])('in %s', (language) => {
  test.each(PAGES)('the page %s fits 360 pixels, and axe finds no fault', async (path) => {
    const page = await openIn(language, path)
    expect(await page.evaluate('document.documentElement.dir')).toBe(language === 'ar' ? 'rtl' : 'ltr')
    await inspectWrapped(page, `language-${language}-${nameOf(path)}`)
    await page.evaluate(SHOW_ALL)
    await expectFit(page)
    if (language === PSEUDO) expect(await untranslated(page)).toEqual([])
  })

  test('the console with a user fits 360 pixels, and axe finds no fault', async () => {
    const page = await openSignedIn(language, 'admin-console', 'admin')
    await page.locator('#search-form input').fill('user')
    await page.keyboard.press('Enter')
    await page.locator('#facts > div').filter({ visible: true }).first().waitFor()
    await inspectWrapped(page, `language-${language}-console`)
    await page.evaluate(SHOW_ALL)
    await expectFit(page)
    if (language === PSEUDO) expect(await untranslated(page)).toEqual([])
  })

  test('the account with its lists and dialogs fits 360 pixels, and axe finds no fault', async () => {
    const page = await openSignedIn(language, 'account', 'user')
    await page.locator('#sessions li').first().waitFor()
    await page.locator('#events li').first().waitFor()
    await inspectWrapped(page, `language-${language}-account-signed-in`)
    await page.evaluate(SHOW_ALL)
    await expectFit(page)
    if (language === PSEUDO) expect(await untranslated(page)).toEqual([])
  })

  test('a refused sign-in is in the language of the page', async () => {
    const page = await openIn(language, 'signin')
    await signIn(page, 'nobody')
    await page.locator('.notice.error').filter({ visible: true }).waitFor()
    await inspectWrapped(page, `language-${language}-refused`)
    if (language === PSEUDO) expect(await untranslated(page)).toEqual([])
  })
})

test('in ar, fields for addresses, codes and passwords run from left to right', async () => {
  const page = await openIn('ar', 'register')
  await page.evaluate(SHOW_ALL)
  const directions = `Object.fromEntries([...document.querySelectorAll('input:not([hidden])')]
    .map((field) => [field.id, getComputedStyle(field).direction]))`
  expect(await page.evaluate(directions)).toMatchObject({ email: 'ltr', code: 'ltr', password: 'ltr' })
  expect(await page.evaluate('getComputedStyle(document.body).direction')).toBe('rtl')
  // The mark of a notice is where lines begin.
  const sides = `['Left', 'Right'].map((side) => getComputedStyle(document.querySelector('.notice'))['border' + side + 'Width'])`
  expect(await page.evaluate(sides)).toEqual(['0px', '4px'])
})

test.each(['signin', 'register'])('in ja, the page %s fits 360 pixels', async (path) => {
  const page = await openIn('ja', path)
  await inspectWrapped(page, `language-ja-${path}`)
  await page.evaluate(SHOW_ALL)
  await expectFit(page)
})

test('in ja, the account fits 360 pixels', async () => {
  const page = await openSignedIn('ja', 'account', 'user')
  await page.locator('#events li').first().waitFor()
  await inspectWrapped(page, 'language-ja-account')
  await page.evaluate(SHOW_ALL)
  await expectFit(page)
})
