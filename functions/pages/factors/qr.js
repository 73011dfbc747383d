// Draws QR codes. It is a separate file, which a page loads when it shows a code.
/*! Contains uqr: MIT License, Copyright (c) Project Nayuki, Copyright (c) 2023 Anthony Fu, https://github.com/unjs/uqr/blob/main/LICENSE */

import { encode } from 'uqr'

const SVG = 'http://www.w3.org/2000/svg'

/** Draws a text as a QR code, dark on white also in the dark scheme: many apps cannot read inverted codes. */
export function drawQr(text, label) {
  // ISO/IEC 18004 requires a border of four modules.
  const { size, data } = encode(text, { ecc: 'M', border: 4 })
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  svg.setAttribute('class', 'qr')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  const path = document.createElementNS(SVG, 'path')
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  path.setAttribute('d', dark.join(''))
  svg.append(path)
  return svg
}
