// Functions for the forms of all pages: requests, and the display of their problems. Paths are relative to
// the page, so that they work at the root and under the path of a stage.

import { sayProblem } from './details.js'
import { codeIn, element, fill, make } from './elements.js'
import { keepLanguage } from './page-links.js'
import { clock, inWords, secondsUntil } from './time.js'
import { language, say } from './words.js'

const UNKNOWN_PROBLEM = { title: say('Rejected'), detail: say('The request was rejected without a reason.') }
const NO_RESPONSE = { title: say('No response'), detail: say('The service did not respond. Try again.') }

/** The channel between the tab with the link of a mail and the tab that enrols. */
export const ENROLMENT_CHANNEL = 'enrolment'

/** Key in the tab's storage for an enrolment token on the way to `/signin`. */
export const ENROLMENT_KEY = 'enrolment'

/** Longest time that a dialog is busy. API Gateway responds within 29 seconds. */
const TIMEOUT_MS = 30_000

export { codeIn, element, make }

/** The timer of each form that waits. */
const waits = new Map()

/**
 * Calls the service.
 *
 * @param options - `body` becomes JSON. `token` is an access token. `fetch` sends the request. The client's
 *   `fetch` adds the access token.
 * @returns Status, the seconds of Retry-After, and the body: the requested JSON, or an RFC 9457 problem. The
 *   status is 0 if there is no response.
 */
export async function call(path, { body, token, method = body ? 'POST' : 'GET', fetch: send = fetch } = {}) {
  try {
    const response = await send(path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'Accept-Language': language,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = text && JSON.parse(text)
    return {
      status: response.status,
      retryAfterSeconds: Number(response.headers.get('Retry-After')),
      // A proxy in front of the service may send another kind of error.
      body: response.ok ? json : { ...UNKNOWN_PROBLEM, ...sayProblem(Object(json)) },
    }
  } catch (error) {
    return failureOf(error)
  }
}

/**
 * Returns an error in the form of {@link call}. It is an error of the client, or any other one if there is no
 * response.
 */
export const failureOf = ({ status = 0, problem, retryAfterSeconds = 0 }) => ({
  status,
  retryAfterSeconds,
  body: { ...(status ? UNKNOWN_PROBLEM : NO_RESPONSE), ...sayProblem(Object(problem)) },
})

/** Decodes a part of a token into text. */
export function decodePart(base64url) {
  const base64 = base64url.replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}

/** Returns the content of a `meta` element, or nothing without one. */
export const metaOf = (name) => document.querySelector(`meta[name="${name}"]`)?.content

/** Shows a title in the tab, with the name of the service. */
export const setTitle = (text) => {
  document.title = `${text} · ${metaOf('application-name')}`
}

/** Shows one section of the page, and moves the focus to its heading, so that screen readers read it. */
export function showSection(id, { isFocused = true } = {}) {
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== id
  const heading = element(id).querySelector('h1')
  setTitle(heading.textContent)
  if (isFocused) heading.focus()
}

/** Shows a message. @param text - One text, or a list of texts. */
export function notice(where, text, kind = '') {
  where.className = `notice ${kind}`
  where.role = kind === 'info' ? 'status' : 'alert'
  fill(where, text)
}

/** Announces to screen readers a change elsewhere on the page. */
export const announce = (text) => {
  element('announcement').textContent = text
}

/** Runs one action at a time for each button. The button stays focusable during the action. */
export async function busy(button, action) {
  if (button.ariaDisabled === 'true') return
  button.ariaBusy = 'true'
  button.ariaDisabled = 'true'
  try {
    await action()
  } finally {
    button.ariaBusy = null
    button.ariaDisabled = null
  }
}

/**
 * Sends a form each time that the user submits it.
 *
 * @param send - Gets the fields of the form. Returns the result of {@link call}. The form shows a problem at
 *   the fields and below the form.
 * @param succeed - Gets the body of a successful response, and the fields.
 */
export function onSubmit(form, send, succeed) {
  // Before this point, the browser would submit the form itself, which the policy of the page forbids.
  form.querySelector('[type="submit"]').disabled = false
  addNotices(form)
  // Screen readers read the hint of a field from the beginning.
  showFaults(form)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    busy(event.submitter, async () => {
      clearProblem(form)
      const response = await send(form.elements)
      if (response.status >= 200 && response.status < 300) await succeed(response.body, form.elements)
      else showProblem(form, response)
    })
  })
}

/** Adds the elements for problems of a form that its page does not have: a notice, and the time to wait. */
function addNotices(form) {
  if (!noticeOf(form, 'notice')) {
    // Screen readers announce text that enters an existing alert.
    const problem = make('div', '', 'notice')
    problem.role = 'alert'
    form.after(problem)
  }
  if (noticeOf(form, 'wait')) return
  const time = make('span', '', 'time')
  time.role = 'timer'
  const wait = make('p', '', 'wait')
  const [before = '', after = ''] = say('Try again in {time}').split('{time}')
  wait.append(before, time, after)
  wait.hidden = true
  noticeOf(form, 'notice').after(wait)
}

/** Returns the element for problems of a form: in the form, or next to it. */
const noticeOf = (form, className) =>
  form.querySelector(`.${className}`) ?? form.parentElement.querySelector(`:scope > .${className}`)

export function clearProblem(form) {
  showFaults(form)
  notice(noticeOf(form, 'notice'), '')
  endWait(form)
  for (const button of form.querySelectorAll('button[aria-controls]')) mask(button)
}

function showProblem(form, { status, body, retryAfterSeconds }) {
  const others = showFaults(form, body.errors)
  // If each field shows its fault, only screen readers need the summary.
  const isAtFields = body.errors?.length > 0 && others.length === 0
  const kind = isAtFields ? 'visually-hidden' : 'error'
  notice(noticeOf(form, 'notice'), others.length > 0 ? others : body.detail, kind)
  if (status === 429 && retryAfterSeconds > 0) wait(form, retryAfterSeconds)
  const field =
    form.querySelector('[aria-invalid]') ??
    form.elements.code ??
    [...form.querySelectorAll('input')].at(-1) ??
    form.querySelector('button')
  if (HAS_MAIL_SIGN_IN && field?.ariaInvalid) field.closest('details')?.setAttribute('open', '') // A closed one.
  field?.focus()
  field?.select?.()
}

/** Shows each fault at its field. @returns The texts of faults that belong to no field of the form. */
function showFaults(form, errors = []) {
  const others = new Set(errors)
  for (const field of form.querySelectorAll('input:not([hidden])')) {
    const own = errors.filter(({ pointer }) => pointer === `#/${field.name}`)
    const fault = element(`${field.id}-fault`)
    for (const error of own) others.delete(error)
    fill(
      fault,
      own.map(({ detail }) => detail),
    )
    fault.hidden = own.length === 0
    const described = [fault.hidden ? '' : fault.id, element(`${field.id}-hint`)?.id ?? ''].join(' ').trim()
    field.ariaInvalid = fault.hidden ? null : 'true'
    if (described) field.setAttribute('aria-describedby', described)
    else field.removeAttribute('aria-describedby')
  }
  return [...others].map(({ detail }) => detail)
}

/** Counts down to the next time that the form may be sent. */
function wait(form, seconds) {
  const untilMs = Date.now() + seconds * 1000
  const tick = () => {
    const left = secondsUntil(untilMs)
    noticeOf(form, 'wait').querySelector('.time').textContent = clock(left)
    if (left > 0) return
    endWait(form)
    notice(noticeOf(form, 'notice'), say('You can try again now.'), 'info')
  }
  waits.set(form, setInterval(tick, 500))
  noticeOf(form, 'wait').hidden = false
  tick()
  announce(say('Try again in {duration}.', { duration: inWords(seconds) }))
}

function endWait(form) {
  clearInterval(waits.get(form))
  noticeOf(form, 'wait').hidden = true
}

/** Masks the password that a button shows and masks. */
function mask(button, isMasked = true) {
  element(button.getAttribute('aria-controls')).type = isMasked ? 'password' : 'text'
  button.textContent = isMasked ? say('Show') : say('Hide')
  button.ariaLabel = isMasked ? say('Show password') : say('Hide password')
}

// With federation, a page loads this file twice, in two scripts. `mask` adds the label.
for (const button of document.querySelectorAll(
  HAS_FEDERATION ? 'button[aria-controls]:not([aria-label])' : 'button[aria-controls]',
)) {
  const field = element(button.getAttribute('aria-controls'))
  button.addEventListener('click', () => mask(button, field.type === 'text'))
  mask(button)
}
for (const hint of document.querySelectorAll('[data-local]')) {
  hint.hidden = !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
}
keepLanguage()
