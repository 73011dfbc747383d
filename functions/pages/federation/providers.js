// "Continue with …" on the page /signin, and the way to a provider.

import { busy, call, element, make } from '../form.js'
import { say } from '../words.js'
import { keepTry } from './tries.js'

const NO_STORAGE = say(
  'Your browser allows this page no storage, which the sign-in needs. Allow it, and try again.',
)
const NO_TARGET = say('This page may not open the address of the provider.')

/** How long the page waits for the providers. It shows them later, too. */
const PATIENCE_MS = 1_500

/** Sent when the file loads, beside the refresh of the page. */
const response = call('providers')

/** Returns the providers that users can sign in with, and nothing if the service does not return them. */
export const findProviders = async () => (await response).body.providers ?? []

/** @returns The button of a provider. It calls an action that gets the id. */
export function buttonOf(text, { id }, act) {
  const button = make('button', text)
  button.type = 'button'
  button.dataset.provider = id
  button.addEventListener('click', () => busy(button, () => act(id)))
  return button
}

/**
 * Shows a button for each provider.
 *
 * @param options - `isAgain`: whether the user must sign in again at the provider. `showProblem` gets the text of a problem, which is
 *   empty without one.
 * @returns A promise that resolves when the buttons are there, or when the page should wait no longer.
 */
export function showProviders({ isAgain, showProblem }) {
  const show = async () => {
    const lead = (id) =>
      begin({ provider: id, purpose: 'sign-in', ...(isAgain && { again: true }) }, showProblem)
    const buttons = (await findProviders()).map((one) =>
      buttonOf(say('Continue with {provider}', { provider: one.name }), one, lead),
    )
    element('providers').replaceChildren(...buttons)
    element('providers').hidden = buttons.length === 0
  }
  return Promise.race([show(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
}

/** Moves the focus to the button of the provider in `?provider=`, once. It never begins a sign-in by itself. */
export function focusProvider() {
  const buttons = [...element('providers').querySelectorAll('button')]
  buttons.find(({ dataset }) => dataset.provider === wanted)?.focus()
  wanted = undefined
}

let wanted = new URL(location.href).searchParams.get('provider')

/** Leads to a provider. @param showProblem - Gets the text of a problem, which is empty without one. */
export async function begin(body, showProblem) {
  showProblem('')
  const { status, body: begun } = await call('login/provider/options', { body })
  if (status !== 200) return showProblem(begun.detail)
  const url = URL.canParse(begun.authorizationUrl) && new URL(begun.authorizationUrl)
  if (!url || !isSafe(url)) return showProblem(NO_TARGET)
  try {
    keepTry(url.searchParams.get('state'), location.pathname.split('/').at(-1) + location.search)
  } catch {
    return showProblem(NO_STORAGE)
  }
  location.assign(url.href)
}

/** Whether a host is this machine. */
export const isLoopback = (host) => ['localhost', '127.0.0.1', '[::1]'].includes(host)

/** Whether the page may open a URL: https, or http on this machine. */
const isSafe = ({ protocol, hostname }) =>
  protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
