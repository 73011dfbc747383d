import config from '../../auth.config.ts'

const { logo, links, ...colours } = config.theme ?? {}

/** Colours of the theme by name: in the light and in the dark scheme. */
export const THEME_COLOURS = colours

/** URLs of the application's terms and privacy policy, if it has them. */
export const { terms: TERMS_URL, privacy: PRIVACY_URL } = links ?? {}

const variables = Object.entries(colours).map(
  ([name, [light, dark]]) =>
    `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:light-dark(${light},${dark})`,
)

/** Style after that of a page: values of its colours, and rules for a logo. It is empty without a theme. */
export const THEME_STYLE =
  (variables.length > 0 ? `:root{${variables.join(';')}}` : '') +
  (logo ? '.brand img{margin-right:.5em;vertical-align:middle}' : '')

/**
 * URL of the logo, or `undefined`. It is a `data:` URL, so that it needs no request. Browsers run no script
 * in an image, and load nothing for it.
 */
export const LOGO_URL =
  logo && `data:image/svg+xml,${logo.replaceAll(/[%#{}]/g, (character) => encodeURIComponent(character))}`

/** Colours of the icon in the tab, as hexadecimal digits. It does not follow the scheme of the page. */
export const ICON = {
  iconGround: (colours.accent?.[0] ?? '#0b6e63').slice(1),
  iconMark: (colours.onAccent?.[0] ?? '#fff').slice(1),
}
