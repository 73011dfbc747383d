// The elements of all pages.

export const element = (id) => document.getElementById(id)

export function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

/** Shows a text in an element. Of several texts, each gets an element: no sentence becomes a part of another. */
export function fill(where, texts) {
  if (!Array.isArray(texts)) {
    where.textContent = texts
    return
  }
  const spans = texts.map((text) => make('span', text))
  where.replaceChildren(...spans.flatMap((span, index) => (index > 0 ? [' ', span] : [span])))
}
