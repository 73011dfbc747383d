import { COLOURS, type ColourName, type ColourPair } from '../../project/colours.ts'

/** What text needs on its ground (WCAG 2.2, 1.4.3, level AA). Large text would need less. */
const MIN_CONTRAST = 4.5

/** Text, and its ground. `mixed` is the part of a third colour in the ground while the pointer is on a button. */
interface Use {
  text: ColourName
  ground: ColourName
  mixed?: readonly [part: number, ColourName]
}

const on = (ground: ColourName, ...texts: ColourName[]): Use[] => texts.map((text) => ({ text, ground }))

/** The colours that `functions/pages/signin/*.css` puts on each other. */
const USES: readonly Use[] = [
  ...on('page', 'ink', 'soft', 'accent', 'good', 'warn', 'bad', 'claims'),
  ...on('card', 'ink', 'soft', 'accent', 'warn', 'bad', 'claims'),
  ...on('accent', 'onAccent'),
  ...on('goodGround', 'good'),
  ...on('warnGround', 'warn'),
  ...on('badGround', 'bad'),
  { text: 'ink', ground: 'card', mixed: [0.1, 'accent'] },
  { text: 'onAccent', ground: 'accent', mixed: [0.15, 'ink'] },
]

type Rgb = readonly [red: number, green: number, blue: number]

const rgbOf = (colour: string): Rgb => {
  const value = Number.parseInt(colour.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/**
 * Returns the relative luminance of a colour in sRGB.
 *
 * @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
 */
function luminanceOf(colour: Rgb): number {
  const [red, green, blue] = colour.map((channel) => {
    const value = channel / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * Number(red) + 0.7152 * Number(green) + 0.0722 * Number(blue)
}

/**
 * Returns the contrast ratio of two colours, 1 to 21.
 *
 * @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */
function ratioOf(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].toSorted((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

/** Returns the contrast ratio of two colours as `#rrggbb`. */
export const contrastOf = (one: string, other: string): number => ratioOf(rgbOf(one), rgbOf(other))

/** Returns a colour of which a part is another one, as `color-mix(in srgb, …)` does. */
const mixedWith = (ground: Rgb, part: number, other: Rgb): Rgb => {
  const [red, green, blue] = ground.map((channel, at) => channel * (1 - part) + Number(other[at]) * part)
  return [Number(red), Number(green), Number(blue)]
}

/** Returns one line for each text that has too little contrast, in each scheme. */
export function faultsOfContrast(colours: { readonly [N in ColourName]?: ColourPair | undefined }): string[] {
  const all = { ...COLOURS, ...colours } as Record<ColourName, ColourPair>
  return ['light', 'dark'].flatMap((scheme, at) => {
    const colourOf = (name: ColourName) => String(all[name][at])
    return USES.flatMap(({ text, ground, mixed }) => {
      const plain = rgbOf(colourOf(ground))
      const ratio = ratioOf(
        rgbOf(colourOf(text)),
        mixed ? mixedWith(plain, mixed[0], rgbOf(colourOf(mixed[1]))) : plain,
      )
      if (ratio >= MIN_CONTRAST) return []
      const where = mixed ? `, mixed with ${mixed[1]} under the pointer,` : ''
      // Rounded down: 4.499 is not 4.50.
      const shown = (Math.floor(ratio * 100) / 100).toFixed(2)
      return [
        `theme.${text} ${colourOf(text)} on ${ground} ${colourOf(ground)}${where} has a contrast of ${shown} in the ${scheme} scheme. It must be at least ${MIN_CONTRAST}.`,
      ]
    })
  })
}
