/** A page has the logo in its HTML, which browsers ask for each time. */
export const MAX_LOGO_BYTES = 8_192

const ELEMENTS = new Set(
  'svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop clipPath mask style'.split(
    ' ',
  ),
)

const TOKEN =
  /<!--(?:(?!--)[\s\S])*-->|<\?xml\s[^?]*\?>|<\/(?<end>[\w:-]+)\s*>|<(?<start>[\w:-]+)(?<attributes>(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/y

const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** XML without a DTD has only these entities. */
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/

/**
 * Returns why an SVG cannot be the logo, or nothing.
 *
 * Browsers run no script and load nothing for an image in a page, so these rules are a second wall. They also name what an image would
 * silently miss, such as a font or a photo from elsewhere.
 */
export function faultOfSvg(svg: string): string | undefined {
  const bytes = Buffer.byteLength(svg)
  if (bytes > MAX_LOGO_BYTES) return `has ${bytes} bytes, and may have ${MAX_LOGO_BYTES}`
  if (/<!DOCTYPE/i.test(svg)) return 'has a DOCTYPE'
  if (svg.includes('<![CDATA[')) return 'has a CDATA section'
  if (ENTITY.test(svg)) return 'has an entity that is not one of XML'
  const open: string[] = []
  let roots = 0
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < svg.length) {
    const at = TOKEN.lastIndex
    const { start, end, attributes = '', empty, text } = TOKEN.exec(svg)?.groups ?? {}
    if (TOKEN.lastIndex === 0) return `is not well-formed in line ${svg.slice(0, at).split('\n').length}`
    const fault =
      start !== undefined
        ? faultOfElement(svg, start, attributes, open.length === 0)
        : open.at(-1) === 'style'
          ? faultOfStyle(unescaped(text ?? ''))
          : undefined
    if (fault !== undefined) return fault
    if (text !== undefined && open.length === 0 && text.replace('\uFEFF', '').trim() !== '')
      return 'has text outside its root'
    if (start !== undefined && open.length === 0) roots += 1
    if (start !== undefined && empty === '') open.push(start)
    if (end !== undefined && open.pop() !== end) return `closes ${end}, which is not open`
  }
  return open.length > 0 || roots !== 1 ? 'must have one root, which is closed' : undefined
}

function faultOfElement(svg: string, name: string, text: string, isRoot: boolean): string | undefined {
  if (!ELEMENTS.has(name)) return `has the element ${name}`
  const attributes = [...text.matchAll(ATTRIBUTE)].map(
    ([, attribute = '', one, other]) => [attribute, unescaped(one ?? other ?? '')] as const,
  )
  const names = attributes.map(([attribute]) => attribute)
  const repeated = names.find((attribute, at) => names.indexOf(attribute) < at)
  if (repeated !== undefined) return `has the attribute ${repeated} twice in one element`
  for (const [attribute, value] of attributes) {
    const [, prefix] = /^(?!xml:|xmlns:)([^:]+):/.exec(attribute) ?? []
    // Browsers show no image that is not XML with name spaces.
    if (prefix !== undefined && !new RegExp(`\\sxmlns:${prefix}\\s*=`).test(svg))
      return `has the attribute ${attribute}, without xmlns:${prefix}`
    if (/^on/i.test(attribute)) return `has the event attribute ${attribute}`
    if (/^(?:xlink:)?href$/i.test(attribute) && !value.startsWith('#'))
      return `has a reference to another file: ${value.slice(0, 40)}`
    const fault = faultOfStyle(value)
    if (fault !== undefined) return fault
  }
  if (!isRoot) return undefined
  const values = new Map(attributes)
  if (name !== 'svg') return 'must have svg as its root'
  if (values.get('xmlns') !== 'http://www.w3.org/2000/svg')
    return 'must have xmlns="http://www.w3.org/2000/svg"'
  // Without it, browsers do not know the width for a height.
  return values.has('viewBox') ? undefined : 'must have a viewBox'
}

/** Returns what a style or an attribute refers to outside the file. */
function faultOfStyle(text: string): string | undefined {
  if (/@import/i.test(text)) return 'has a style with @import'
  if (text.includes('\\')) return 'has a style with an escape'
  const [url] = /(?:url|image(?:-set)?|src)\s*\(\s*["']?(?!["'\s#])[^)]*/i.exec(text) ?? []
  return url === undefined ? undefined : `has a reference to another file: ${url.slice(0, 40)}`
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.replaceAll(/&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g, (_, hex, decimal, name) => {
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal)
    return NAMED[name] ?? (code <= 0x10ffff ? String.fromCodePoint(code) : '')
  })
