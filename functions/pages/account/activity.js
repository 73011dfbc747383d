// The recent activity on the page /account.

import { make } from '../form.js'
import { say } from '../words.js'
import { minuteOf } from './days.js'
import { listOf } from './list.js'
import { deviceOf } from './sessions.js'
import { whatOf, whoOf } from './wording.js'

/** Shows the newest events. */
export const showActivity = listOf('events', 'me/events', rowOf, {
  rows: 10,
  empty: say('Nothing is recorded yet.'),
})

function rowOf(event) {
  const { at, sourceIp, userAgent = '' } = event
  const who = sourceIp ? `${sourceIp} · ${deviceOf(userAgent)}` : whoOf(event)
  const text = make('div', '')
  text.append(
    make('strong', whatOf(event)),
    make('p', [who, minuteOf(at)].filter(Boolean).join(' · '), 'hint'),
  )
  const row = make('li', '')
  row.append(text)
  return row
}
