// The identities at other providers that sign a user in, on the page /account.

import { dayOf, hourOf } from '../account/days.js'
import { lineOf, rowWith, textOf } from '../account/list.js'
import { announce, call, element, make, notice } from '../form.js'
import { say } from '../words.js'
import { begin, buttonOf, findProviders } from './providers.js'
import { takeResponse } from './tries.js'

/** The functions of the page for this module. */
let page
/** The response of the provider that led to this page. Only in memory, and for the user who is shown first. */
let response
/** Whether a sent response waits for the decision of the user. */
let isLinking = false

/**
 * Starts the section of the page.
 *
 * @param given - `ask` shows the dialog before a change. `change` sends a change that needs the password, or a proof in its place. `update`
 *   shows the account after a change. `canProve` says whether the user has either.
 */
export function startIdentities(given) {
  page = given
  response = takeResponse()
}

const showProblem = (text) => notice(element('notice-identities'), text, text && 'error')

/** Shows the identities, and asks about the one that a provider has just named. */
export async function showIdentities(fetch) {
  const [{ status, body }, providers] = await Promise.all([call('identities', { fetch }), findProviders()])
  element('identities-card').hidden = status === 200 && body.identities.length + providers.length === 0
  if (status !== 200) return showProblem(body.detail)
  element('identities').replaceChildren(...body.identities.map(rowOf))
  element('identities').hidden = body.identities.length === 0
  element('no-password').hidden = HAS_MAIL_SIGN_IN ? page.canProve() : body.hasPassword
  // Without mails, an operator sets one.
  element('no-password').querySelector('a').hidden = !element('change-email')
  const lead = (id) => begin({ provider: id, purpose: 'link' }, showProblem)
  const buttons = providers.map((one) => buttonOf(say('Add {provider}', { provider: one.name }), one, lead))
  element('identity-buttons').replaceChildren(
    ...((HAS_MAIL_SIGN_IN ? page.canProve() : body.hasPassword) ? buttons : []),
  )
  await continueLink()
}

function rowOf(identity) {
  const { name, label, createdAt, lastUsedAt } = identity
  const values = { day: dayOf(createdAt), used: lastUsedAt && hourOf(lastUsedAt) }
  const text = textOf(
    make('strong', name),
    lineOf(
      label,
      lastUsedAt ? say('Added {day}, last used {used}', values) : say('Added {day}, not used yet', values),
    ),
  )
  const button = make('button', say('Remove'))
  button.type = 'button'
  button.ariaLabel = say('Remove {provider}: {label}', { provider: name, label })
  button.addEventListener('click', () => remove(identity))
  return rowWith(text, button)
}

/** Sends the response of a provider, and adds the identity that it names. */
async function continueLink() {
  if (!response) return
  const body = { ...response, session: 'cookie' }
  response = undefined
  isLinking = true
  const added = await link(body)
  isLinking = false
  if (added) await showChange(say('{label} at {provider} was added.', added))
}

/** Asks for the password under the label of what is added. @returns Label and provider of what was added, or nothing. */
async function link(body) {
  const { status, body: step } = await call('login/provider', { body })
  if (status !== 200) return showProblem(step.detail)
  // Nothing but a link is begun on this page.
  if (step.next !== 'link') return
  const values = { provider: step.provider.name, label: step.label }
  const isDone = await page.ask(
    {
      title: say('Add {provider}', values),
      text: say(
        '{label} at {provider} then signs you in to this account. Add it only if it is yours.',
        values,
      ),
      button: say('Add {label}', values),
    },
    ({ currentPassword }) =>
      page.change('identities', {
        method: 'POST',
        body: { identityToken: step.identityToken, currentPassword: currentPassword.value },
      }),
  )
  return isDone && values
}

async function remove({ id, name, label }) {
  const values = { provider: name, label }
  const isDone = await page.ask(
    {
      title: say('Remove {provider}', values),
      text: say('{label} at {provider} no longer signs you in, and your other sessions end.', values),
      button: say('Remove {label}', values),
      isDangerous: true,
    },
    async ({ currentPassword }) => {
      const body = { currentPassword: currentPassword.value }
      const done = await page.change(`identities/${encodeURIComponent(id)}`, { method: 'DELETE', body })
      // 404: another tab has removed it.
      return done.status === 404 ? { status: 204, body: '' } : done
    },
  )
  if (isDone) await showChange(say('{label} at {provider} was removed.', values))
}

async function showChange(text) {
  await page.update()
  notice(element('notice-identities'), text, 'good')
  element('identities-title').focus()
  announce(text)
}

// The page may be in the cache for "back" when another person uses this browser.
addEventListener('pageshow', ({ persisted }) => persisted && isLinking && location.reload())
