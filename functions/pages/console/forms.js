// The forms that give a user another role, other names and other attributes.

import { element, make, onSubmit } from '../form.js'
import { listed, say } from '../words.js'
import { page } from './api.js'

const may = (permission) => page.operator.may.includes(permission)

const UNCHANGED = { status: 0, body: { detail: say('No value is different.') } }

/** Shows the forms that the operator may use. */
export function showForms(view) {
  if (may('roles:set')) showRole(view)
  if (may('users:rename')) showNames(view)
  if (may('attributes:set') && page.operator.attributes?.length > 0) showAttributes(view)
}

/** Shows a form, which sends a change after its question. The user is shown again after it. */
function showForm(id, send) {
  element(id).hidden = false
  onSubmit(element(`${id}-form`), send, () => {})
}

const optionOf = (value, text, chosen) => new Option(text, value, false, value === chosen)

function showRole({ user, change }) {
  element('new-role').replaceChildren(...page.operator.roles.map((role) => optionOf(role, role, user.role)))
  showForm('role', ({ role: { value: role } }) =>
    role === user.role
      ? UNCHANGED
      : change(
          {
            title: say('Give {username} the role {role}?', { username: user.username, role }),
            text: say('What the user may do changes at once. The access tokens of the user are revoked.'),
            button: say('Change the role'),
          },
          { path: '/role', method: 'PUT', body: { role } },
          say('The role was changed.'),
        ),
  )
}

function showNames({ user, change }) {
  element('new-username').value = user.username
  element('new-email').value = user.email ?? ''
  showForm('names', ({ username, email }) => {
    const names = { username: username.value.trim(), email: email.value.trim() }
    return change(
      {
        title: say('Change the username and address of {username}?', user),
        text: names.email
          ? say('The username becomes {username}, and the e-mail address {email}.', names)
          : say('The username becomes {username}, without an e-mail address.', names),
        button: say('Change username and address'),
      },
      {
        path: '/names',
        method: 'PUT',
        body: { username: names.username, ...(names.email && { email: names.email }) },
      },
      say('The username and address were changed.'),
    )
  })
}

function showAttributes({ user, change }) {
  const values = user.attributes ?? {}
  element('attribute-fields').replaceChildren(
    ...page.operator.attributes.map((one) => fieldOf(one, values[one.name])),
  )
  showForm('attributes', (fields) => {
    const body = changesIn(fields, values)
    const names = listed(Object.keys(body))
    if (names === '') return UNCHANGED
    return change(
      {
        title: say('Change the attributes of {username}?', user),
        text: say('These change: {names}.', { names }),
        button: say('Change the attributes'),
      },
      { path: '/attributes', method: 'PUT', body },
      say('The attributes were changed.'),
    )
  })
}

/** Returns the field of an attribute: a choice if there are few values. */
function fieldOf({ name, type, values }, value = '') {
  const choices = type === 'boolean' ? ['true', 'false'] : values
  const input = document.createElement(choices ? 'select' : 'input')
  input.id = `attribute-${name}`
  input.name = name
  if (choices) input.append(...['', ...choices].map((one) => optionOf(one, one, String(value))))
  else input.value = value
  if (type === 'number') input.inputMode = 'decimal'
  const label = make('label', name)
  label.htmlFor = input.id
  const fault = make('p', '', 'fault')
  fault.id = `${input.id}-fault`
  fault.hidden = true
  const field = make('div', '', 'field')
  field.append(label, input, fault)
  return field
}

/** Returns the values that differ, in their types. An empty field removes its value. */
function changesIn(fields, values) {
  const typed = page.operator.attributes.map(({ name, type }) => [name, typedValue(fields[name].value, type)])
  return Object.fromEntries(typed.filter(([name, value]) => value !== (values[name] ?? null)))
}

function typedValue(text, type) {
  if (text === '') return null
  if (type === 'boolean') return text === 'true'
  // The service says what is wrong with a text that is no number.
  return type === 'number' && !Number.isNaN(Number(text)) ? Number(text) : text
}
