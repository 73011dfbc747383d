import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { describeService, root } from '../support/process/service-description.ts'

// The details of problems that pages show. A page can show each sentence that a function of the API which it calls has in its bundle.

/** Functions whose problems no page shows: pages themselves, descriptions, and what only clients of other programs call. */
const OF_NO_PAGE =
  /^(signin|authorize|account-pages|console|docs|openapi|metadata|userinfo|token|device|user-content|admin-content)$/

const FUNCTIONS = Object.entries(describeService().functions).filter(
  ([key, { events = [] }]) => !OF_NO_PAGE.test(key) && events.some(({ http }) => http),
)

/** A page sends requests in the correct form, so no user sees what is wrong with it. */
const OF_FORM =
  /Content-Type|Sec-Fetch|Origin\b|JSON|KiB|["`]|base64url|cookie|transports|parameter|Must have|Must be (?:a \w+\.|one of|the id)|true or false|Unknown fields/

/** Where sentences are, but none for users of pages: responses of OAuth are for developers of apps. */
const SOURCES = globSync(['lib/**/*.ts', 'functions/**/*.ts'], { cwd: root })
  .filter((file) => !/\.test\.ts$|\.d\.ts$|^lib[\\/](oauth|openapi)[\\/]/.test(file))
  .sort()

/** Returns the literals of a source. In place of a value, a template has the first name of its expression. */
function textsIn(file: string): string[] {
  const texts: string[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'say') return
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text)
    if (ts.isTemplateExpression(node)) {
      const spans = node.templateSpans.map(
        ({ expression, literal }) => `{${/\w+/.exec(expression.getText())}}${literal.text}`,
      )
      texts.push([node.head.text, ...spans].join(''))
    }
    ts.forEachChild(node, visit)
  }
  const text = readFileSync(join(root, file), 'utf8')
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return texts
}

/** Whether a text is for users. A reason for the log begins in lower case, or has no full stop. */
const isSentence = (text: string) => /^[\p{Lu}{].* .*\.$/u.test(text) && !OF_FORM.test(text)

const SENTENCES = [...new Set(SOURCES.flatMap(textsIn))].filter(isSentence)

/** The bundles of {@link FUNCTIONS}: a source has texts that not all of its functions need. */
const BUNDLES = build({
  entryPoints: Object.fromEntries(
    FUNCTIONS.map(([key, { handler }]) => [key, handler.replace(/\.handler$/, '.ts')]),
  ),
  packages: 'external',
  absWorkingDir: root,
  bundle: true,
  charset: 'utf8',
  format: 'esm',
  platform: 'node',
  write: false,
  outdir: 'unused',
  logLevel: 'silent',
}).then(
  ({ outputFiles }) => new Map(outputFiles.map(({ path, text }) => [path.split(/[\\/]|\.js$/).at(-2), text])),
)

/** The problems that the gateway sends itself, to each page. */
const OF_GATEWAY = [
  ...readFileSync(join(root, 'plugins/resources/gateway-responses.yml'), 'utf8').matchAll(
    /"detail":"([^"]+)"/g,
  ),
].map(([, detail]) => String(detail))

/** The client makes a problem itself. A template is the message of its error, which pages do not show: it is for developers. */
const OF_CLIENT = /^client[\\/]requests\.js$/

/** Whether a text of the client is the detail of a problem. */
const isProblem = (text: string) => isSentence(text) && !text.includes('{')

/** Whether a text with placeholders is in a bundle. */
const isIn = (bundle: string, text: string) => text.split(/\{\w+\}/).every((part) => bundle.includes(part))

/** Returns the paths of a function, as an expression for what scripts call: relative to their page. */
const pathsOf = (events: { http?: { path: string } }[]) =>
  events.flatMap(({ http }) =>
    http
      ? [
          new RegExp(
            `^${http.path.replace(/^(admin-api|oauth2)\//, '(?:$1/)?').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`,
          ),
        ]
      : [],
  )

/** Returns the details that scripts show. @param scripts - Paths of their sources. */
export async function detailsOf(scripts: readonly string[]): Promise<string[]> {
  const called = new Set(
    scripts.flatMap(textsIn).map((text) => text.replace(/^(\{\w+\}|\.\.?\/)+/, '').replace(/\?.*/, '')),
  )
  const bundles = await BUNDLES
  const ofCalled = FUNCTIONS.filter(([, { events = [] }]) =>
    pathsOf(events).some((path) => [...called].some((text) => path.test(text))),
  ).map(([key]) => String(bundles.get(key)))
  const shown = SENTENCES.filter((text) => ofCalled.some((bundle) => isIn(bundle, text)))
  const own = scripts
    .filter((file) => OF_CLIENT.test(file))
    .flatMap(textsIn)
    .filter(isProblem)
  return [...new Set([...shown, ...own, ...OF_GATEWAY])].sort()
}
