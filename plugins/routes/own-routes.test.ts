import { expect, test } from 'vitest'
import { ownRoutes } from './own-routes.ts'

const protectedRoute = (method: string, path: string) => ({ http: { method, path, authorizer: 'auth' } })
test('ownRoutes names the routes with authorizer: auth, and marks those with roles or scopes', () => {
  const own = {
    notes: {
      handler: 'notes.handler',
      events: [
        protectedRoute('get', 'notes/{id}'),
        { http: 'get open' },
        { http: { method: 'get', path: 'other', authorizer: 'mine' } },
        { schedule: 'rate(1 day)' },
      ],
    },
    editors: { handler: 'editors.handler', role: 'admin', events: [protectedRoute('PUT', '/notes')] },
    clients: { handler: 'a.handler', scopes: ['notes:read'], events: [protectedRoute('post', 'notes')] },
  }
  expect(ownRoutes(own, '')).toBe('GET/notes/{id},PUT/notes!,POST/notes!')
})

test('ownRoutes names a star for routes for which Lambda has no room', () => {
  const withRoutes = (count: number) => {
    const events = Array.from({ length: count }, (_, index) => protectedRoute('get', `notes-${index}`))
    return { notes: { handler: 'notes.handler', events } }
  }
  expect(ownRoutes(withRoutes(300), '')).toBe('*')
  const text = ownRoutes(withRoutes(100), '')
  // Scopes are in the same environment.
  expect(ownRoutes(withRoutes(100), 'a'.repeat(3_000 - text.length))).toBe(text)
  expect(ownRoutes(withRoutes(100), 'a'.repeat(3_001 - text.length))).toBe('*')
})
