import type * as language from './language.ts'
import type * as links from './language-links.ts'

// In the bundles of a service that names no languages, `plugins/page-files.ts` has this module in place of `language.ts` and
// `language-links.ts`.

export const askedLanguage: typeof language.askedLanguage = () => undefined
export const pageLanguage: typeof language.pageLanguage = () => 'en'
export const languageLinks: typeof links.languageLinks = () => ''
export const languageOptions: typeof links.languageOptions = () => ''
