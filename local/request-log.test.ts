import { expect, test } from 'vitest'
import { connectNotes, invokeWithNotes, type Notes, notesOfEvent, requestLines } from './request-log.ts'

const request = { method: 'get', path: '/admin', status: 403, ms: 4 }

test('requestLines puts method, path, status, milliseconds and notes on one line', () => {
  expect(requestLines(request, [])).toBe('GET /admin 403 4 ms')
  expect(requestLines({ ...request, ms: 5003 }, ['token.refused: expired', 'more'])).toBe(
    'GET /admin 403 5003 ms token.refused: expired more',
  )
  expect(requestLines({ ...request, status: undefined }, [])).toBe('GET /admin aborted 4 ms')
})

test('requestLines puts stacks below the first line', () => {
  const notes = [
    'request.crashed (TypeError: x)\n    at route (functions/content/user-content.ts:6:51)',
    'more',
  ]
  expect(requestLines(request, notes)).toBe(
    'GET /admin 403 4 ms request.crashed (TypeError: x) more\n  at route (functions/content/user-content.ts:6:51)',
  )
})

test.each([
  ['\u001b[31m', '\\x1b[31m'],
  ['a\rb', 'a\\x0db'],
  ['\u009b31m', '\\x9b31m'],
  ['\u202eevil', '\\u{202e}evil'],
  ['süß', 'süß'],
])('requestLines writes %j as %j', (text, printed) => {
  expect(requestLines({ ...request, path: `/${text}` }, [text])).toBe(`GET /${printed} 403 4 ms ${printed}`)
})

test.each([
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
  'eyJhbGciOiJSUzI1NiJ9',
  'YWRh.Mkq4TzGq0bZbUpcxWRnvTBXwB3vq0JtZ9AyTnQ7PpSgYbHh',
  'Mkq4TzGq0bZbUpcxWRnvTBXwB3vq0JtZ9AyTnQ7PpSgYbHh',
])('requestLines writes no token: %s', (token) => {
  const line = requestLines({ ...request, path: `/sessions/${token}` }, [`kid ${token} is unknown`])
  expect(line).toMatch(/^GET \/sessions\/(YWRh\.)?<token> 403 4 ms kid (YWRh\.)?<token> is unknown$/)
})

test('notesOfEvent finds the notes by the authorizer context of an event', () => {
  const [context, notes]: [object, Notes] = [{}, []]
  connectNotes(context, notes)
  const event = { requestContext: { authorizer: context } }
  expect(notesOfEvent(event)).toEqual({ event, notes })
  expect(notesOfEvent(event).notes).toBe(notes)
  expect(notesOfEvent({ requestContext: { authorizer: {} } }).notes).toBeUndefined()
})

test.each([undefined, null, 'text', {}, { requestContext: null }])(
  'notesOfEvent leaves the event %j as it is, without notes',
  (event) => {
    expect(notesOfEvent(event)).toEqual({ event, notes: undefined })
  },
)

test('invokeWithNotes connects an authorizer event with notes while it is invoked', async () => {
  const [first, second]: [Notes, Notes] = [[], []]
  const event = { type: 'TOKEN' }
  let sent: unknown
  await invokeWithNotes(event, first, async (outer) => {
    await invokeWithNotes(event, second, async (inner) => {
      expect(notesOfEvent(outer).notes).toBe(first)
      expect(notesOfEvent(inner).notes).toBe(second)
      expect(notesOfEvent(inner).event).toEqual(event)
      sent = inner
    })
    expect(notesOfEvent(sent).notes).toBeUndefined()
  })
})
