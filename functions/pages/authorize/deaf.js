// A button that no click on another page reaches.

/**
 * How long the button does nothing after its screen has come, or has come to the front. A page of an attacker can open this one
 * between the two clicks of a double click.
 */
const DEAF_MS = 1_000

/**
 * Calls an action at clicks on a button, one at a time, but for the first second and while the page has no focus.
 *
 * @returns A function that starts the second: call it when the screen comes.
 */
export function onGuardedClick(button, act) {
  let readyAtMs = Number.POSITIVE_INFINITY
  let timer
  const isDeaf = () => performance.now() < readyAtMs || !document.hasFocus()

  function wake() {
    clearTimeout(timer)
    // Some browsers round this clock, so a timer may end before the clock has moved by a second.
    const leftMs = readyAtMs - performance.now()
    if (leftMs > 0) timer = setTimeout(wake, leftMs)
    else if (!isDeaf() && !button.ariaBusy) button.ariaDisabled = null
  }

  function beDeaf() {
    readyAtMs = performance.now() + DEAF_MS
    button.ariaDisabled = 'true'
    clearTimeout(timer)
    timer = setTimeout(wake, DEAF_MS)
  }

  button.addEventListener('click', async () => {
    if (button.ariaBusy || isDeaf()) return
    button.ariaBusy = 'true'
    button.ariaDisabled = 'true'
    await act()
    button.ariaBusy = null
    wake()
  })
  addEventListener('focus', beDeaf)
  document.addEventListener('visibilitychange', beDeaf)
  return beDeaf
}
