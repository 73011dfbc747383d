/**
 * Waits until the user opens the page. A browser may prerender it before, and the user may never open it.
 *
 * @returns A promise, or nothing if the page is open.
 */
export const opened = () =>
  document.prerendering
    ? new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }))
    : undefined
