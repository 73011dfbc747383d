// A button that no input on another page reaches.

/**
 * How long the button does nothing after its screen has come, has come to the front, or has got an input that it ignored. A page of an
 * attacker can open this one while its visitor clicks, types or taps.
 */
const DEAF_MS = 1_000

/** What begins and ends a click, by a pointer or a key. */
const INPUTS = ['pointerdown', 'pointerup', 'keydown', 'keyup']

/**
 * Calls an action at clicks on a button or a link, one at a time, but for the first second and while the page has no focus.
 *
 * Each ignored input starts the second again: clicks without a pause, and a key that is held, began on another page. An input counts only if
 * its key or pointer went down after the second.
 *
 * @returns A function that starts the second: call it when the screen comes.
 */
export function onGuardedClick(button, act) {
  let readyAtMs = Number.POSITIVE_INFINITY
  let timer
  /** Keys and pointers that went down since the second has ended. */
  const pressed = new Set()
  const isDeaf = () => performance.now() < readyAtMs || !document.hasFocus()

  function wake() {
    clearTimeout(timer)
    // Some browsers round this clock, so a timer may end before the clock has moved by a second.
    const leftMs = readyAtMs - performance.now()
    if (leftMs > 0) timer = setTimeout(wake, leftMs)
    else if (!isDeaf() && !button.ariaBusy) button.ariaDisabled = null
  }

  function beDeaf() {
    pressed.clear()
    readyAtMs = performance.now() + DEAF_MS
    button.ariaDisabled = 'true'
    clearTimeout(timer)
    timer = setTimeout(wake, DEAF_MS)
  }

  function notice({ type, code, pointerId, repeat }) {
    const id = code ?? pointerId
    const isFirst = type.endsWith('down') && !repeat
    if (isDeaf() || !(isFirst || pressed.has(id))) return beDeaf()
    if (isFirst) pressed.add(id)
    if (type.endsWith('up')) pressed.delete(id)
  }

  button.addEventListener('click', async (event) => {
    event.preventDefault()
    if (button.ariaBusy) return
    if (isDeaf()) return beDeaf()
    button.ariaBusy = 'true'
    button.ariaDisabled = 'true'
    await act()
    button.ariaBusy = null
    wake()
  })
  for (const type of INPUTS) addEventListener(type, notice, { capture: true })
  // Another window may have covered the page, or its content has moved under the pointer.
  for (const type of ['focus', 'resize']) addEventListener(type, beDeaf)
  document.addEventListener('visibilitychange', beDeaf)
  return beDeaf
}
