// A list on the page /account that the service returns in pages.

import { busy, call, element, notice } from '../form.js'

/**
 * Returns a function that shows a list from its beginning.
 *
 * @param id - Of the element, and of the list in the response.
 * @param rowOf - Returns the row of an entry. It also gets `fetch`.
 * @param options - `rows` is the number of rows to show at once, `empty` a text for a list without entries.
 */
export function listOf(id, path, rowOf, { rows = Infinity, empty = '' } = {}) {
  /** State of the list: entries that it does not show yet, and the start of the next page. */
  let current
  const where = (part) => element(`${part}${id}`)

  async function showMore(fetch, list) {
    const after = list.next === undefined ? '' : `?after=${encodeURIComponent(list.next)}`
    if (list.left.length === 0) {
      const { status, body } = await call(path + after, { fetch })
      // The list was started again.
      if (list !== current) return
      if (status !== 200) return notice(where('notice-'), body.detail, 'error')
      if (after === '') where('').replaceChildren()
      list.left = body[id]
      list.next = body.next
      const text = after === '' && list.left.length === 0 ? empty : ''
      notice(where('notice-'), text, text && 'info')
    }
    where('').append(...list.left.splice(0, rows).map((entry) => rowOf(entry, fetch)))
    where('more-').hidden = list.left.length === 0 && list.next === undefined
    where('more-').onclick = ({ target }) => busy(target, () => showMore(fetch, list))
  }

  return (fetch) => {
    current = { left: [] }
    return showMore(fetch, current)
  }
}
