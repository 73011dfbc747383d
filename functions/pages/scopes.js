// What users read of the scopes of an app, on the screen of consent and in lists of apps.

import { make } from './form.js'
import { say } from './words.js'

const SENTENCES = {
  openid: say('Recognise you when you sign in'),
  profile: say('See your username'),
  email: say('See your e-mail address'),
  offline_access: say('Keep this access while you are away'),
}

/** The service sends the sentence of a scope of an API. */
const sentenceOf = ({ name, sentence = SENTENCES[name], attributes }) =>
  attributes ? say('See your username and details of your account') : sentence

/** Returns the items of a list of scopes. */
export const itemsOf = (scopes) => scopes.map((scope) => make('li', sentenceOf(scope)))
