import type { APIGatewayProxyEvent } from 'aws-lambda'
import { inLanguage } from '../application/texts.ts'
import { ServiceError } from '../errors.ts'
import { escapeHtml } from './escape.ts'
import { type ApiRoute, apiHandler } from './handler.ts'
import { type HashedFiles, hashFiles, languageOfFile, withHashes } from './pages/files.ts'
import { pageLanguage } from './pages/language.ts'
import { TAG } from './pages/shell.ts'
import { publicModule, textResponse } from './pages/text-response.ts'
import { found } from './responses.ts'

/** Pages, and the files that they load. */
export interface Site {
  /** Path of the files, without slashes. */
  folder: string
  /**
   * Returns HTML in the current language by path, without slashes; see {@link inShell}. It refers to files as
   * `"folder/file"`, relative to its own path, with or without a stage. A part from `<!-- if name -->` to
   * `<!-- end -->` is for pages that have the part `name`.
   */
  pages(): Record<string, string>
  /** Text by file name, which ends with `.css` or `.js`. A script imports one above it as `"./name.js"`. */
  files: Record<string, string>
  /** Reads the content of the pages, at each request for a page. */
  readContent?: (event: APIGatewayProxyEvent) => PageContent
  /** The page at `folder/name`, for all names of a form. It refers to files as `"./file"`. No cache stores it. */
  below?: { isName(name: string): boolean; html(): string }
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

/** The pages and files of a site in one language. */
interface Written extends HashedFiles {
  html: Map<string, string>
  below: string
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
export function pageRoute(site: Site): ApiRoute<unknown> {
  const { folder, below, redirects = {}, modules = {} } = site
  const readContent = site.readContent ?? (() => ({ parts: [], texts: {} }))
  const writtenIn = writerOf(site)
  const locations = new Map(Object.entries(redirects))
  const importable = new Map(Object.entries(modules))

  const filled = (page: string, event: APIGatewayProxyEvent) => {
    const { parts, texts } = readContent(event)
    return withTexts(withParts(page, parts), texts)
  }
  const serve = (name: string, event: APIGatewayProxyEvent) => {
    const [location, module] = [locations.get(name), importable.get(name)]
    if (location !== undefined) return found(location)
    if (module !== undefined) return publicModule(module)
    const written = writtenIn(pageLanguage(event))
    const page = written.html.get(name)
    if (page === undefined) return undefined
    return textResponse('html', 'no-cache', withHashes(filled(page, event), folder, written.hashedNames))
  }
  const serveBelow = (name: string, event: APIGatewayProxyEvent) => {
    if (!below?.isName(name)) return writtenIn(languageOfFile(name)).servedFiles.get(name)
    const written = writtenIn(pageLanguage(event))
    return textResponse(
      'html',
      'no-store',
      withHashes(filled(written.below, event), '.', written.hashedNames),
    )
  }
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

/** Returns a function that writes a site in a language, at the first request for it: an instance rarely serves all languages. */
function writerOf({ pages, files, below }: Site): (language: string) => Written {
  const written = new Map<string, Written>()
  return (language) => {
    const known = written.get(language)
    if (known) return known
    const site = inLanguage(language, () => ({
      ...hashFiles(files),
      html: new Map(Object.entries(pages())),
      below: below?.html() ?? '',
    }))
    written.set(language, site)
    return site
  }
}

const withParts = (html: string, names: readonly string[]): string =>
  html.replaceAll(/ *<!-- if (\w+) -->\n?(.*?) *<!-- end -->\n?/gs, (_, name, part) =>
    names.includes(name) ? part : '',
  )

/** Replaces each `{{name}}` of a page. One without a text is empty. */
const withTexts = (html: string, texts: Record<string, string>): string =>
  html.replaceAll(TAG, (_, name) => escapeHtml(texts[name] ?? ''))
