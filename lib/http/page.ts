import { hash } from 'node:crypto'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { TEXTS } from '../application/texts.ts'
import { ICON, LOGO_URL } from '../application/theme.ts'
import { ServiceError } from '../errors.ts'
import { escapeHtml } from './escape.ts'
import { type ApiRoute, apiHandler } from './handler.ts'
import { LEGAL_LINKS } from './legal-links.ts'
import { inOwnWords } from './own-words.ts'
import { found } from './responses.ts'

/**
 * Allows files of this origin only: no inline code, no `eval`, no other origin, no frames (CSP Level 3). Also
 * forbids forms that the browser submits without a script, because such a form would put the password into
 * the URL.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const CONTENT_TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

const HASH_CHARACTERS = 16

/** Pages, and the files that they load. */
export interface Site {
  /** Path of the files, without slashes. */
  folder: string
  /**
   * HTML by path, without slashes; see {@link inShell}. It refers to files as `"folder/file"`, relative to
   * its own path, with or without a stage. A part from `<!-- if name -->` to `<!-- end -->` is for pages that
   * have the part `name`.
   */
  pages: Record<string, string>
  /** Text by file name, which ends with one of {@link CONTENT_TYPES}. A script imports one above it as `"./name.js"`. */
  files: Record<string, string>
  /** Reads the content of the pages, at each request for a page. */
  readContent?: (event: APIGatewayProxyEvent) => PageContent
  /** The page at `folder/name`, for all names of a form. It refers to files as `"./file"`. No cache stores it. */
  below?: { isName(name: string): boolean; html: string }
  /** Relative URL by the last part of a path, which redirects to the URL. */
  redirects?: Record<string, string>
  /** Text of scripts by the last part of their path. Pages of all origins may import them. */
  modules?: Record<string, string>
}

/**
 * Content of pages: the names of their parts, and texts by name, which replace `{{name}}` in the HTML,
 * escaped.
 */
export interface PageContent {
  parts: readonly string[]
  texts: Record<string, string>
}

/**
 * Creates the Lambda handler of pages and their files: `GET /name` for each page, and `GET /folder/{file}` for each file. A
 * module is at `GET /name` too. Its name has no hash, so caches keep it for five minutes.
 *
 * File names contain a hash of the content, so caches may store files permanently (RFC 8246). Caches
 * revalidate the page, which contains these names. The gateway compresses both
 * (`minimumCompressionSize`). With a trailing slash, the page would resolve its relative file names to
 * wrong paths, so that path is not found.
 */
export const pageHandler = (site: Site) => apiHandler(pageRoute(site))

/** Creates the route of {@link pageHandler}, for a function with other routes too. */
export function pageRoute({
  folder,
  pages,
  files,
  readContent = () => ({ parts: [], texts: {} }),
  below,
  redirects = {},
  modules = {},
}: Site): ApiRoute<unknown> {
  const { hashedNames, servedFiles } = hashFiles(files)
  const html = new Map(Object.entries(pages))
  const locations = new Map(Object.entries(redirects))
  const importable = new Map(Object.entries(modules))

  const respond = (page: string, content: PageContent, base: string, cacheControl: string) => {
    const filled = withTexts(withParts(page, content.parts), content.texts)
    return textResponse('text/html; charset=utf-8', cacheControl, withHashes(filled, base, hashedNames))
  }
  const serve = (name: string, event: APIGatewayProxyEvent) => {
    const [page, location, module] = [html.get(name), locations.get(name), importable.get(name)]
    if (location !== undefined) return found(location)
    if (module !== undefined) return publicModule(module)
    return page === undefined ? undefined : respond(page, readContent(event), folder, 'no-cache')
  }
  const serveBelow = (name: string, event: APIGatewayProxyEvent) =>
    below?.isName(name) ? respond(below.html, readContent(event), '.', 'no-store') : servedFiles.get(name)
  return async (event) => {
    const { pathParameters, requestContext } = event
    const { path } = requestContext
    const file = pathParameters?.file
    const served =
      file === undefined ? serve(path.slice(path.lastIndexOf('/') + 1), event) : serveBelow(file, event)
    if (!served || path.endsWith('/')) throw new ServiceError('not_found', 'no such file of the page')
    return served
  }
}

/** Puts the own words of the sentences in a script in front of it, where `functions/pages/words.js` finds them. */
function withWords(script: string): string {
  if (!HAS_TEXTS || !script.includes('ownWords')) return script
  const words = Object.entries(TEXTS).filter(([sentence]) => script.includes(sentence))
  return `globalThis.ownWords=${JSON.stringify(Object.fromEntries(words))};${script}`
}

const HAS_TEXTS = Object.keys(TEXTS).length > 0

/** Values that differ between the pages of one shell. */
interface Page {
  /** Text, in the words that users see. */
  title: string
  /** Class of the body: how wide its text is. */
  width: 'narrow' | 'medium'
  /** Paths of its files. */
  style: string
  script: string
  /** HTML of additional elements of its head. */
  head?: string
  /** HTML of the link in its masthead. */
  link: string
  body: string
}

/** The mark in HTML that a text replaces. */
const TAG = /\{\{(\w+)\}\}/g

/** Returns HTML in the own words of the application. */
const inWords = (html: string): string => (HAS_TEXTS ? inOwnWords(html, (sentence) => TEXTS[sentence]) : html)

/**
 * Returns the HTML of a page: a shell whose `{{name}}` are replaced by values of the page or the theme. All
 * values are HTML, except the title. The HTML has the own words.
 */
export function inShell(shell: string, page: Page): string {
  const logo = LOGO_URL ? `<img src="${escapeHtml(LOGO_URL)}" height="32" alt="">` : ''
  const [link, body] = [inWords(page.link), inWords(page.body)]
  const title = escapeHtml(page.title)
  const parts = { head: '', logo, links: LEGAL_LINKS, ...ICON, ...page, title, link, body }
  return inWords(shell).replaceAll(TAG, (tag, name) => parts[name as keyof typeof parts] ?? tag)
}

type HashedNames = [file: string, hashed: string][]

/** Names each file by a hash of its content, and replaces in it the names of files above it. */
function hashFiles(files: Record<string, string>) {
  const hashedNames: HashedNames = []
  const servedFiles = new Map<string, APIGatewayProxyResult>()
  for (const [file, source] of Object.entries(files)) {
    const text = withHashes(withWords(source), '.', hashedNames)
    const digest = hash('sha256', text).slice(0, HASH_CHARACTERS)
    const [stem = '', extension = ''] = file.split(/\.(?=[^.]*$)/)
    const hashed = `${stem}-${digest}.${extension}`
    hashedNames.push([file, hashed])
    servedFiles.set(
      hashed,
      textResponse(String(CONTENT_TYPES[extension]), 'public, max-age=31536000, immutable', text),
    )
  }
  return { hashedNames, servedFiles }
}

const withHashes = (text: string, folder: string, hashedNames: HashedNames): string =>
  hashedNames.reduce(
    (linked, [name, hashed]) => linked.replaceAll(`"${folder}/${name}"`, `"${folder}/${hashed}"`),
    text,
  )

const withParts = (html: string, names: readonly string[]): string =>
  html.replaceAll(/ *<!-- if (\w+) -->\n?(.*?) *<!-- end -->\n?/gs, (_, name, part) =>
    names.includes(name) ? part : '',
  )

/** Replaces each `{{name}}` of a page. One without a text is empty. */
const withTexts = (html: string, texts: Record<string, string>): string =>
  html.replaceAll(TAG, (_, name) => escapeHtml(texts[name] ?? ''))

const textResponse = (contentType: string, cacheControl: string, body: string): APIGatewayProxyResult => ({
  statusCode: 200,
  headers: {
    'Content-Type': contentType,
    'Cache-Control': cacheControl,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    // A page that opens one of these gets no reference to its window, and vice versa.
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding, Origin',
  },
  body,
})

/** The browser requires CORS to import a module of another origin. The text is public. */
function publicModule(text: string): APIGatewayProxyResult {
  const { headers, ...response } = textResponse(String(CONTENT_TYPES.js), 'public, max-age=300', text)
  return { ...response, headers: { ...headers, 'Access-Control-Allow-Origin': '*' } }
}
