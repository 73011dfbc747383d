import { isLine } from '../../line.ts'

/** Whether a text can stand on a screen: it is not blank or too long, and `isLine`. */
export const isShown = (text: string, max: number): boolean =>
  text.trim() === text && text !== '' && [...text].length <= max && isLine(text)
