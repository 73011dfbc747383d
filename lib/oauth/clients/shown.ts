import { isLine } from '../../line.ts'

/** Whether a screen can show a text: it is not blank, not too long, and `isLine`. */
export const isShown = (text: string, max: number): boolean =>
  text.trim() === text && text !== '' && [...text].length <= max && isLine(text)
