/** Two colours: in the light and in the dark scheme of the browser, as `#rrggbb`. */
export type ColourPair = readonly [light: string, dark: string]

/** The colours of the pages, with those of a service without a theme. They are the variables of `functions/pages/signin/*.css`. */
export const COLOURS = {
  page: ['#f3f5f4', '#101614'],
  card: ['#ffffff', '#18211e'],
  ink: ['#16211e', '#e6eeeb'],
  soft: ['#52605b', '#a3b3ad'],
  line: ['#d5ddda', '#33413c'],
  fieldLine: ['#7c8a85', '#74867f'],
  accent: ['#0b6e63', '#5fd0bf'],
  onAccent: ['#ffffff', '#06201c'],
  good: ['#17693a', '#7ed9a0'],
  goodGround: ['#e3f4e9', '#16301f'],
  warn: ['#7d4b00', '#f0bd68'],
  warnGround: ['#fdf0d8', '#33270f'],
  bad: ['#a11d2e', '#ff9ba4'],
  badGround: ['#fdeaec', '#3a1a1e'],
  claims: ['#5b3fb5', '#c4b5fd'],
} as const satisfies Record<string, ColourPair>

export type ColourName = keyof typeof COLOURS

/** Pages of the application that say what its users agree to. */
export interface Links {
  readonly terms?: string
  readonly privacy?: string
}

/** How the pages look. */
export type Theme = { readonly [N in ColourName]?: ColourPair } & {
  /** Path of an SVG file in the project, such as `theme/logo.svg`. Functions get its text. */
  readonly logo?: string
  /** Links in the footer of every page: https URLs, or paths at the host of the pages, such as `/terms`. */
  readonly links?: Links
}
