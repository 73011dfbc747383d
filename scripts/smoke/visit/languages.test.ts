import { expect, test } from 'vitest'
import { expectLanguages } from './languages.ts'
import type { Send } from './responses.ts'

const LANGUAGES = ['en', 'de', 'ja']

/** Returns a service whose sign-in page has these links in each language. */
const serviceWith =
  (links: string, status = 200): Send =>
  async (request) => {
    const language = request.replace(/.*lang=/, '')
    return { status, headers: new Headers(), text: `<html lang="${language}" dir="ltr">${links}` }
  }

const NAMES = '<a lang="en">English</a><a lang="de">Deutsch</a><a lang="ja">日本語</a>'

test('a service passes with each language, and without pages', async () => {
  await expect(expectLanguages(serviceWith(NAMES), LANGUAGES)).resolves.toBeUndefined()
  await expect(expectLanguages(serviceWith('', 404), LANGUAGES)).resolves.toBeUndefined()
  await expect(expectLanguages(serviceWith(''), ['de'])).resolves.toBeUndefined()
})

test('a runtime without a language is found by its name', async () => {
  const names = NAMES.replace('日本語', 'Japanese')
  await expect(expectLanguages(serviceWith(names), LANGUAGES)).rejects.toThrow(
    'expected a link to ja, by the name of the language',
  )
})

test('a page in another language is found', async () => {
  const english: Send = async () => ({
    status: 200,
    headers: new Headers(),
    text: `<html lang="en">${NAMES}`,
  })
  await expect(expectLanguages(english, LANGUAGES)).rejects.toThrow('expected /signin in de')
})
