// The lists on the page /account: their rows, and those that the service returns in pages.

import { busy, call, element, make, notice } from '../form.js'

/** Returns an element with the parts of an entry. Those without a text are left out. */
export function textOf(...parts) {
  const text = make('div', '')
  text.append(...parts.filter(Boolean))
  return text
}

/** Returns a line with facts, each in an element, because a name may be in a language of another direction. */
export function lineOf(...facts) {
  const line = make('p', '', 'hint')
  const elements = facts.filter(Boolean).map((fact) => make('bdi', fact))
  line.append(...elements.flatMap((one, index) => (index > 0 ? [' · ', one] : [one])))
  return line
}

/** Returns a row of a list. */
export function rowWith(...parts) {
  const row = make('li', '')
  row.append(...parts)
  return row
}

/**
 * Returns a function that shows a list from its beginning.
 *
 * @param id - Of the element, and of the list in the response.
 * @param rowOf - Returns the row of an entry. It also gets `fetch`.
 * @param options - `rows` is the number of rows to show at once, `empty` a text for a list without entries.
 */
export function listOf(id, path, rowOf, { rows = Infinity, empty = '' } = {}) {
  /** State of the list: its elements, entries that it does not show yet, and the start of the next page. */
  let current

  async function showMore(fetch, list) {
    const after = list.next === undefined ? '' : `?after=${encodeURIComponent(list.next)}`
    if (list.left.length === 0) {
      const { status, body } = await call(path + after, { fetch })
      // The list was started again.
      if (list !== current) return
      if (status !== 200) return notice(list.notice, body.detail, 'error')
      if (after === '') list.entries.replaceChildren()
      list.left = body[id]
      list.next = body.next
      const text = after === '' && list.left.length === 0 ? empty : ''
      notice(list.notice, text, text && 'info')
    }
    list.entries.append(...list.left.splice(0, rows).map((entry) => rowOf(entry, fetch)))
    list.more.hidden = list.left.length === 0 && list.next === undefined
    list.more.onclick = ({ target }) => busy(target, () => showMore(fetch, list))
  }

  return (fetch) => {
    // The console removes the elements with their user. A late list changes the removed ones.
    const [entries, more, notice] = ['', 'more-', 'notice-'].map((part) => element(part + id))
    current = { entries, more, notice, left: [] }
    return showMore(fetch, current)
  }
}
