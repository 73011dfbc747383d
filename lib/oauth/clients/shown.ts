/** Whether a text can stand on a screen: no control characters, and none that change the direction of others. */
export const isShown = (text: string, max: number): boolean =>
  text.trim() === text && text !== '' && [...text].length <= max && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
