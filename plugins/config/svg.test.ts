import { expect, test } from 'vitest'
import { faultOfSvg, MAX_LOGO_BYTES } from './svg.ts'

const XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
const svg = (content: string, attributes = `${XMLNS} viewBox="0 0 10 10"`) =>
  `<svg ${attributes}>${content}</svg>`

const LOGOS: [string, string][] = [
  ['shapes', svg('<g fill="#7b2d26"><path d="M0 0h10v10z"/><circle cx="5" cy="5" r="2" /></g>')],
  [
    'a prolog, a comment and a title',
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- Logo -->\n${svg('<title>Notes &amp; more</title>')}\n`,
  ],
  ['a byte order mark', `\uFEFF${svg('<path d="M0 0"/>')}`],
  [
    'a gradient',
    svg(
      '<defs><linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient></defs><rect fill="url(#a)"/>',
    ),
  ],
  ['a mask and a copy', svg('<symbol id="a"><path d="M0 0"/></symbol><use href="#a" mask="url( \'#b\' )"/>')],
  [
    'colours for the dark scheme',
    svg('<style>path{fill:#000}@media (prefers-color-scheme:dark){path{fill:#fff}}</style><path d="M0 0"/>'),
  ],
  ['a style attribute', svg('<path style="fill:#000" d="M0 0"/>')],
  [
    'a name space of its editor',
    svg(
      '<g inkscape:label="Layer"/>',
      `${XMLNS} xmlns:inkscape="http://www.inkscape.org/" viewBox="0 0 1 1"`,
    ),
  ],
]

const REFUSED: [string, string, string][] = [
  ['a script', svg('<script>alert(1)</script>'), 'has the element script'],
  ['a script in capitals', svg('<SCRIPT>alert(1)</SCRIPT>'), 'has the element SCRIPT'],
  ['a script of a name space', svg('<svg:script/>'), 'has the element svg:script'],
  ['an event attribute', svg('<path d="M0 0" onload="alert(1)"/>'), 'has the event attribute onload'],
  [
    'an event attribute of the root',
    svg('', `${XMLNS} viewBox="0 0 1 1" onLoad='alert(1)'`),
    'has the event attribute onLoad',
  ],
  ['HTML', svg('<foreignObject><b/></foreignObject>'), 'has the element foreignObject'],
  ['a photo', svg('<image href="data:image/png;base64,AA"/>'), 'has the element image'],
  ['a link', svg('<a href="#b"><path d="M0 0"/></a>'), 'has the element a'],
  ['an animation', svg('<path><animate attributeName="d"/></path>'), 'has the element animate'],
  [
    'a copy from another file',
    svg('<use href="other.svg#a"/>'),
    'has a reference to another file: other.svg#a',
  ],
  [
    'a script as a reference',
    svg(
      '<use xlink:href="javascript:alert(1)"/>',
      `${XMLNS} xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1"`,
    ),
    'has a reference to another file: javascript:alert(1)',
  ],
  [
    'a disguised script',
    svg('<use href="&#106;avascript:alert(1)"/>'),
    'has a reference to another file: javascript:alert(1)',
  ],
  [
    'a ground from elsewhere',
    svg('<rect fill="url(https://cdn.example/a)"/>'),
    'has a reference to another file: url(https://cdn.example/a',
  ],
  [
    'a disguised ground',
    svg('<rect fill="&#x75;rl(//cdn.example/a)"/>'),
    'has a reference to another file: url(//cdn.example/a',
  ],
  [
    'a font from elsewhere',
    svg('<style>@font-face{src:url("f.woff2")}</style>'),
    'has a reference to another file: url("f.woff2"',
  ],
  ['a style from elsewhere', svg('<style>@import "a.css";</style>'), 'has a style with @import'],
  [
    'a disguised style from elsewhere',
    svg('<style>@&#105;mport "a.css";</style>'),
    'has a style with @import',
  ],
  [
    'a disguised ground in a style',
    svg('<style>path{fill:u&#x72;l(//cdn.example/a)}</style>'),
    'has a reference to another file: url(//cdn.example/a',
  ],
  [
    'a prefix without a name space',
    svg('<use xlink:href="#a"/>'),
    'has the attribute xlink:href, without xmlns:xlink',
  ],
  ['an attribute twice', svg('<path d="M0 0" d="M1 1"/>'), 'has the attribute d twice in one element'],
  ['a style with an escape', svg('<rect style="fill:u\\72l(a)"/>'), 'has a style with an escape'],
  [
    'an image-set',
    svg('<rect style="fill:image-set(\'a.png\' 1x)"/>'),
    "has a reference to another file: image-set('a.png' 1x",
  ],
  ['a DOCTYPE', `<!DOCTYPE svg>${svg('')}`, 'has a DOCTYPE'],
  ['an entity of its own', svg('<title>&logo;</title>'), 'has an entity that is not one of XML'],
  ['a CDATA section', svg('<style><![CDATA[a{}]]></style>'), 'has a CDATA section'],
  ['a processing instruction', `<?xml-stylesheet href="a.css"?>${svg('')}`, 'is not well-formed in line 1'],
  ['an attribute without quotes', svg('\n<path d=M0 />'), 'is not well-formed in line 2'],
  [
    'an element that is not closed',
    `<svg ${XMLNS} viewBox="0 0 1 1"><g></svg>`,
    'closes svg, which is not open',
  ],
  ['a root that is not closed', `<svg ${XMLNS} viewBox="0 0 1 1">`, 'must have one root, which is closed'],
  ['two roots', svg('') + svg(''), 'must have one root, which is closed'],
  ['text behind its root', `${svg('')}<!-- --> more`, 'has text outside its root'],
  ['nothing', '', 'must have one root, which is closed'],
  ['another root', `<g ${XMLNS} viewBox="0 0 1 1"/>`, 'must have svg as its root'],
  ['no name space', '<svg viewBox="0 0 1 1"/>', 'must have xmlns="http://www.w3.org/2000/svg"'],
  ['no viewBox', `<svg ${XMLNS} width="10" height="10"/>`, 'must have a viewBox'],
  ['a picture as text', 'PNG', 'has text outside its root'],
  [
    'one byte too many',
    svg(`<!-- ${'é'.repeat((MAX_LOGO_BYTES - svg('<!--  -->').length + 1) / 2)} -->`),
    `has ${MAX_LOGO_BYTES + 1} bytes, and may have ${MAX_LOGO_BYTES}`,
  ],
]
console.log(`${LOGOS.length + REFUSED.length} SVG files: ${REFUSED.length} refused`)

test.each(LOGOS)('an SVG with %s can be the logo', (_what, text) => {
  expect(faultOfSvg(text)).toBeUndefined()
})

test.each(REFUSED)('an SVG with %s is refused with its reason', (_what, text, reason) => {
  expect(faultOfSvg(text)).toBe(reason)
})
