/** Returns the language tag that a person or program wrote, in its canonical form: `de-AT` for `de_AT`. `undefined` for other texts. */
export function readTag(text: string): string | undefined {
  try {
    return text.length <= 35 ? Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0] : undefined
  } catch {
    return undefined
  }
}
