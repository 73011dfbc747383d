import { z } from 'zod'
import { COLOURS, type ColourName } from '../../project/colours.ts'
import { pathOfFile } from './path.ts'

const NAMES = Object.keys(COLOURS) as ColourName[]

/** What a theme may have. */
export const THEME_MEMBERS = [...NAMES, 'logo']

const PAIR = 'must be two colours, [light, dark]'
const colour = z.string('must be text').regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0b6e63')
const pair = z.tuple([colour, colour], PAIR).optional()
const colours = Object.fromEntries(NAMES.map((name) => [name, pair])) as Record<ColourName, typeof pair>

/** The rules for a theme, without those for its file and for contrast. */
export const THEME = z.strictObject(
  {
    ...colours,
    logo: pathOfFile('svg', 'an SVG file').optional(),
  },
  'must be an object',
)
