// A button that ignores input that began on another page.

/**
 * How long the button ignores input after its screen appears, gets the focus, or gets an ignored input. An
 * attacker's page can open this page while its visitor clicks, types or taps.
 */
const DEAF_MS = 1_000

/** Events that begin and end a click, by a pointer or a key. */
const INPUTS = ['pointerdown', 'pointerup', 'keydown', 'keyup']

/**
 * Calls an action at clicks on a button or a link, one at a time. Ignores clicks in the first second and
 * while the page has no focus.
 *
 * Each ignored input starts the second again: continuous clicks, and a held key, began on another page. An
 * input counts only if its key or pointer went down after the second.
 *
 * @returns A function that starts the second. Call it when the screen appears.
 */
export function onGuardedClick(button, act) {
  let readyAtMs = Number.POSITIVE_INFINITY
  let timer
  /** Keys and pointers that went down after the second. */
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

  // While the button is deaf, no press is recorded.
  const notice = (input) => (isDeaf() || !recordPress(input, pressed)) && beDeaf()

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
  onCover(beDeaf)
  return beDeaf
}

/** Records the key or the pointer of an input in `pressed`, and returns whether it went down after the second. */
function recordPress({ type, code, pointerId, repeat }, pressed) {
  const id = code ?? pointerId
  if (type.endsWith('down') && !repeat) pressed.add(id)
  return type.endsWith('up') ? pressed.delete(id) : pressed.has(id)
}

/** Calls an action when another window may have covered the page, or its content has moved under the pointer. */
function onCover(act) {
  for (const type of ['focus', 'resize']) addEventListener(type, act)
  document.addEventListener('visibilitychange', act)
}
