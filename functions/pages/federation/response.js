// The page that a provider leads to, such as /signin/google. It keeps the response in the tab, and leads to the page that began the
// sign-in, which sends it. So neither the URL of that page nor the history has a code.

import { opened } from '../opened.js'
import { say } from '../words.js'
import { keepResponse } from './tries.js'

const FRAME = say('This page does not work inside another page. Open it in a tab of its own.')
const NO_STORAGE = say(
  'Your browser allows this page no storage, which the sign-in needs. Allow it, and try again.',
)

function leave() {
  const text = document.getElementById('response-text')
  const query = text.dataset.form || location.search
  history.replaceState(null, '', location.pathname)
  if (window.top !== window) {
    text.textContent = FRAME
    return
  }
  try {
    location.replace(`../${keepResponse(location.pathname.split('/').at(-1), query)}`)
  } catch {
    text.textContent = NO_STORAGE
  }
}

await opened()
leave()
