import type { APIGatewayProxyEvent } from 'aws-lambda'
import { LANGUAGES, languageFor, tagsIn } from '../../application/languages.ts'
import { headerOf } from '../headers.ts'

/**
 * Returns the language of the service that the header of a request asks for; `undefined` if it asks for none of them, or if
 * the service has one.
 */
export const askedLanguage = ({ headers }: Pick<APIGatewayProxyEvent, 'headers'>): string | undefined =>
  LANGUAGES.length === 1 ? undefined : languageFor(tagsIn(headerOf(headers, 'accept-language')))

/** Longest `?next=` that is searched for the languages of an app. */
const MAX_NEXT_CHARACTERS = 8_192

/** Returns the languages that an app asks for in the URL in `?next=` (OpenID Connect Core 1.0 section 3.1.2.1). */
function tagsInNext(next: string): string[] {
  const query = next.length > MAX_NEXT_CHARACTERS ? '' : next.slice(next.indexOf('?') + 1)
  return tagsOfApp(new URLSearchParams(query).get('ui_locales'))
}

const tagsOfApp = (uiLocales: string | null | undefined): string[] => (uiLocales ?? '').split(' ')

/**
 * Returns the language of a page: the one that its reader chose, that an app asks for, or that the browser
 * asks for; else the first. All pages follow this rule, so a sign-in stays in one language (docs/decisions/0165).
 */
export function pageLanguage(event: Pick<APIGatewayProxyEvent, 'headers' | 'queryStringParameters'>): string {
  if (LANGUAGES.length === 1) return LANGUAGES[0]
  const { lang, ui_locales, next } = event.queryStringParameters ?? {}
  const chosen = languageFor([lang ?? '', ...tagsOfApp(ui_locales), ...tagsInNext(next ?? '')])
  return chosen ?? askedLanguage(event) ?? LANGUAGES[0]
}
