import { COLOURS } from '../../project/colours.ts'
import { THEME_COLOURS } from './theme.ts'

/**
 * Colours that users see, in the light and in the dark scheme: those of the theme, or those of a service
 * without a theme.
 */
export const SHOWN_COLOURS = { ...COLOURS, ...THEME_COLOURS }
