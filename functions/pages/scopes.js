// What users read of an app: its name, and its scopes, on the screen of consent and in lists of apps.

import { make } from './form.js'
import { language, say } from './words.js'

/** Returns the name of an app in the language of the page, if an operator gave it one. */
export const nameIn = ({ name, names }) => names?.[language] ?? name

const SENTENCES = {
  openid: say('Recognise you when you sign in'),
  profile: say('See your username'),
  email: say('See your e-mail address'),
  offline_access: say('Keep this access while you are away'),
}

function itemOf({ name, sentence, sentences, attributes }) {
  if (attributes) return make('li', say('See your username and details of your account'))
  const item = make('li', sentences?.[language] ?? sentence ?? SENTENCES[name])
  // The language of the other sentences of an API is unknown.
  if (sentence && !sentences?.[language]) item.lang = ''
  return item
}

/** Returns the items of a list of scopes. The service sends the sentence of a scope of an API. */
export const itemsOf = (scopes) => scopes.map(itemOf)
