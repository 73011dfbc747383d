// The search for users, and the invitation of a new one.

import { announce, busy, clearProblem, element, make, notice, onSubmit, showSection } from '../form.js'
import { say, sayCount } from '../words.js'
import { addressOf } from './address.js'
import { page, send } from './api.js'
import { confirm } from './confirm.js'
import { badgeOf } from './facts.js'

/** The words of the latest search. */
let query

/** Shows the search. The field is selected, so that the next paste replaces its text. */
export function showSearch(text, kind = 'error') {
  showSection('search', { isFocused: false })
  element('name').focus()
  element('name').select()
  if (text) notice(element('notice-users'), text, kind)
}

/** Shows what the operator may do here. */
export function startSearch() {
  const { roles, over, may } = page.operator
  // Only administrators may give a role without a name.
  element('role-field').hidden = !may.includes('roles:set')
  element('of-role').replaceChildren(
    new Option(say('All roles'), ''),
    ...over.map((role) => new Option(role, role)),
  )
  if (element('invite') === null) return
  element('invite').hidden = !may.includes('invite')
  element('invite-role').replaceChildren(...roles.map((role) => new Option(role, role)))
}

const find = (after) => send(`users?${new URLSearchParams({ ...query, ...(after && { after }) })}`)

function search({ name, role }) {
  query = Object.fromEntries(
    Object.entries({ name: name.value.trim(), role: role.value }).filter(([, value]) => value),
  )
  element('users').replaceChildren()
  element('more-users').hidden = true
  return find()
}

/** Whether a user is the one whom the operator has named. */
const isNamed = ({ id, username, email = '' }) =>
  id === query.name || [username, email].includes(query.name?.toLowerCase())

/** Opens the user whom the operator has named, or shows the hits. */
function showFound({ users, next }) {
  const named = users.filter(isNamed)
  if (named.length === 1) {
    location.hash = addressOf(named[0].id)
    return
  }
  showHits(users, next)
  if (users.length === 0) return notice(element('notice-users'), say('No user was found.'), 'info')
  element('users').querySelector('a').focus()
}

function showHits(users, next) {
  element('users').append(...users.map(rowOf))
  const count = element('users').children.length
  if (count > 0) announce(sayCount({ one: '1 user', other: '{count} users' }, count))
  const more = element('more-users')
  more.hidden = next === undefined
  more.onclick = () => busy(more, () => showMore(next))
}

async function showMore(next) {
  const { status, body } = await find(next)
  if (status !== 200) return notice(element('notice-users'), body.detail, 'error')
  showHits(body.users, body.next)
}

function rowOf({ id, username, email, role, disabled }) {
  const link = make('a', username)
  link.href = addressOf(id)
  const text = make('div', '')
  text.append(link, email && email !== username ? make('p', email, 'hint') : '')
  const row = make('li', '')
  row.append(text, badgeOf(role), disabled ? badgeOf(say('Disabled'), 'warn') : '')
  return row
}

const invite = ({ email, role }) =>
  confirm(
    {
      title: say('Invite {email}?', { email: email.value }),
      text: say('The service sends a mail with a link. The new user gets the role {role}.', {
        role: role.value,
      }),
      button: say('Send the invitation'),
    },
    () => send('invitations', { method: 'PUT', body: { email: email.value, role: role.value } }),
  )

onSubmit(element('search-form'), search, showFound)
if (element('invite-form')) {
  const form = element('invite-form')
  onSubmit(form, invite, () => {
    form.reset()
    clearProblem(form)
    notice(form.nextElementSibling, say('The invitation is on its way.'), 'good')
  })
}
