import { expect, test } from 'vitest'
import { settingsOfOwnRoutes } from './own-routes.ts'

const protectedRoute = (method: string, path: string) => ({ http: { method, path, authorizer: 'auth' } })
const content = {
  'user-content': {
    handler: 'functions/content/user-content.handler',
    events: [protectedRoute('get', '/')],
  },
  'admin-content': {
    handler: 'functions/content/admin-content.handler',
    role: 'admin',
    events: [protectedRoute('get', 'admin')],
  },
}

test('settingsOfOwnRoutes names the functions of content, and none of their routes', () => {
  expect(settingsOfOwnRoutes(content, '')).toEqual({ CONTENT: 'user-content,admin-content', OWN_ROUTES: '' })
  const { 'user-content': one } = content
  expect(settingsOfOwnRoutes({ 'user-content': one }, '')).toEqual({
    CONTENT: 'user-content',
    OWN_ROUTES: '',
  })
})

test('settingsOfOwnRoutes takes a function of another project for none of them', () => {
  const own = { 'user-content': { handler: 'src/content.handler', events: [protectedRoute('get', '/')] } }
  expect(settingsOfOwnRoutes(own, '')).toEqual({ CONTENT: '', OWN_ROUTES: 'GET/' })
})

test('settingsOfOwnRoutes names the routes with authorizer: auth, and marks those with roles or scopes', () => {
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
  expect(settingsOfOwnRoutes(own, '')).toEqual({
    CONTENT: '',
    OWN_ROUTES: 'GET/notes/{id},PUT/notes!,POST/notes!',
  })
})

test('settingsOfOwnRoutes leaves routes out for which Lambda has no room', () => {
  const withRoutes = (count: number) => {
    const events = Array.from({ length: count }, (_, index) => protectedRoute('get', `notes-${index}`))
    return { notes: { handler: 'notes.handler', events } }
  }
  expect(settingsOfOwnRoutes(withRoutes(300), '').OWN_ROUTES).toBe('')
  expect(settingsOfOwnRoutes(withRoutes(100), 'a'.repeat(1_000)).OWN_ROUTES).not.toBe('')
  // Scopes are in the same environment.
  expect(settingsOfOwnRoutes(withRoutes(100), 'a'.repeat(2_000)).OWN_ROUTES).toBe('')
})
