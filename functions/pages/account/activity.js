// The recent activity on the page /account.

import { say } from '../words.js'
import { textOfEvent } from './entries.js'
import { listOf, rowWith } from './list.js'
import { OWN } from './own-voice.js'

/** Shows the newest events. */
export const showActivity = listOf('events', 'me/events', (event) => rowWith(textOfEvent(event, OWN)), {
  rows: 10,
  empty: say('Nothing is recorded yet.'),
})
