import { z } from 'zod'

/** Whether a text is a language tag in its canonical form (BCP 47): `de`, `pt-BR` or `zh-Hans`. */
export function isLanguage(tag: string): boolean {
  try {
    return (
      Intl.getCanonicalLocales(tag)[0] === tag &&
      /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/.test(tag)
    )
  } catch {
    return false
  }
}

const language = z
  .string('must be text')
  .refine(isLanguage, 'must be a language tag, such as de, pt-BR or zh-Hans')

/** The rule for the languages of an application. */
export const LANGUAGES = z
  .array(language, 'must be a list of languages')
  .refine((all) => all.length > 0, 'must name a language')
  .refine((all) => new Set(all).size === all.length, 'must not name a language twice')
