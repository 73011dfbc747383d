import { escapeHtml } from '../../../lib/http/escape.ts'
import { Difference, type Send } from './responses.ts'

/**
 * Expects the sign-in page in each language, with the name of each language in itself: a runtime whose `Intl` lacks a language has
 * another name. A service without pages has none.
 *
 * @throws {@link Difference}
 */
export async function expectLanguages(send: Send, languages: readonly string[]): Promise<void> {
  for (const language of languages) {
    const { status, text } = await send(`GET /signin?lang=${language}`)
    if (status === 404) return
    if (!text.includes(`<html lang="${language}"`)) throw new Difference(`expected /signin in ${language}`)
    const missing = languages.find((one) => !text.includes(`lang="${one}"`) || !text.includes(nameOf(one)))
    if (missing !== undefined && languages.length > 1) {
      throw new Difference(`expected a link to ${missing}, by the name of the language`)
    }
  }
}

/** Returns the name of a language in itself, without its first letter, which pages write as at the beginning of a sentence. */
const nameOf = (language: string): string =>
  escapeHtml((new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language).slice(1))
