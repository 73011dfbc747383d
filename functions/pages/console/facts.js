// What the page says about a user, and why the user cannot sign in.

import { minuteOf } from '../account/days.js'
import { element, make } from '../form.js'
import { listed, say, sayCount } from '../words.js'
import { page } from './api.js'

const FACTORS = { totp: say('Authenticator app'), passkey: say('Passkey') }
const nameOf = (factor) => FACTORS[factor] ?? factor

/** @param kind - Of the colour: `good`, `warn` or none. */
export const badgeOf = (text, kind = '') => make('span', text, `badge ${kind}`)

/** Shows the account, and what keeps its user from signing in. */
export function showFacts({ user }) {
  element('user-title').textContent = user.username
  element('sign-in').replaceChildren(...reasonsOf(user).map((reason) => make('li', reason)))
  element('facts').replaceChildren(
    ...factsOf(user).flatMap(([name, value, badge]) => (value ? rowOf(name, value, badge) : [])),
  )
}

function rowOf(name, value, badge) {
  const text = make('dd', value)
  if (badge) text.append(' ', badge)
  const row = make('div', '')
  row.append(make('dt', name), text)
  return row
}

/** Returns the facts of an account: name, value, and a badge. A fact without a value is not shown. */
function factsOf(user) {
  const { email, emailVerified, role, disabled, factors, createdAt, changedAt, id, externalId, signIn } = user
  const isVerified = emailVerified ? badgeOf(say('Verified'), 'good') : badgeOf(say('Not verified'), 'warn')
  return [
    [say('E-mail address'), email, isVerified],
    [say('Role'), role],
    [say('State'), disabled ? say('Disabled') : say('Enabled')],
    [say('Last sign-in'), signIn.last ? minuteOf(signIn.last.at) : say('Not recorded')],
    [say('Second factor'), listed(factors.map(nameOf)) || say('None')],
    [say('Other sign-ins'), listed(user.identities?.map(({ label, provider }) => label || provider) ?? [])],
    ...Object.entries(user.attributes ?? {}).map(([name, value]) => [name, String(value)]),
    [say('Created'), createdAt && minuteOf(createdAt)],
    [say('Changed'), changedAt && minuteOf(changedAt)],
    [say('Id'), id],
    [say('Id elsewhere'), externalId],
  ]
}

/** Returns why a user cannot sign in, or what makes it harder. */
function reasonsOf({ disabled, role, email, emailVerified, mustEnrol, signIn }) {
  const { wrongPasswords: count, factorReset } = signIn
  const reasons = [
    disabled && say('This user is disabled, and cannot sign in.'),
    !page.operator.roles.includes(role) &&
      say('This service no longer has the role {role}, so the user cannot sign in.', { role }),
    count > 0 &&
      sayCount({ one: '1 wrong password lately.', other: '{count} wrong passwords lately.' }, count),
    mustEnrol && say('The next sign-in must set up a second factor.'),
    factorReset && resetOf(factorReset),
    !email && say('Without an e-mail address, no mail can lead to a new password.'),
    email && !emailVerified && say('The e-mail address is not verified.'),
  ].filter(Boolean)
  return reasons.length > 0 ? reasons : [say('Nothing keeps this user from signing in.')]
}

const resetOf = ({ announcedAt }) =>
  announcedAt
    ? say('A mail of {time} says that the second factors will be removed.', { time: minuteOf(announcedAt) })
    : say('The removal of the second factors was requested. The mail about it is not sent yet.')
