import { z } from 'zod'
import { COLOURS, type ColourName } from '../../project/colours.ts'
import { pathOfFile } from './path.ts'

const NAMES = Object.keys(COLOURS) as ColourName[]

/** What a theme may have. */
export const THEME_MEMBERS = [...NAMES, 'logo', 'links']

const PAIR = 'must be two colours, [light, dark]'
const colour = z.string('must be text').regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0b6e63')
const pair = z.tuple([colour, colour], PAIR).optional()
const colours = Object.fromEntries(NAMES.map((name) => [name, pair])) as Record<ColourName, typeof pair>

const LINK_RULE = 'must be an https URL such as https://example.com/terms, or a path such as /terms'

/** Accepts what stands in HTML as it is. Two slashes, or a backslash after the first, would begin a host. */
function isLink(text: string): boolean {
  if (!/^(https:\/\/[^/]|\/(?![/\\]))[^\s\p{C}"<>\\^`{|}]*$/u.test(text)) return false
  if (!URL.canParse(text, 'https://example.com')) return false
  const { username, password } = new URL(text, 'https://example.com')
  return username === '' && password === ''
}

const link = z.string('must be text').max(2_048, LINK_RULE).refine(isLink, LINK_RULE).optional()
const links = z.strictObject({ terms: link, privacy: link }, 'must be an object')

/** What the links of a theme may have. */
export const LINK_MEMBERS = Object.keys(links.shape)

/** The rules for a theme, without those for its file and for contrast. */
export const THEME = z.strictObject(
  {
    ...colours,
    logo: pathOfFile('svg', 'an SVG file').optional(),
    links: links.optional(),
  },
  'must be an object',
)
