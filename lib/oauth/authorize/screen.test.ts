import { expect, test } from 'vitest'
import { placeOf, shownScopesOf } from './screen.ts'

test.each([
  ['https://shop.example:8443/callback', 'shop.example:8443'],
  ['http://[::1]:4000/callback', '[::1]:4000'],
  ['com.example.app:/callback', 'com.example.app'],
  ['com.example.app://bank.example/callback', 'com.example.app'],
])('%s leads to %s', (redirectUri, place) => {
  expect(placeOf(redirectUri)).toBe(place)
})

test.each(['constructor', 'toString', '__proto__'])(
  'a scope named %s has the sentence of its API',
  (name) => {
    const scopes = [{ name, sentence: 'See your orders' }]
    const api = {
      identifier: 'https://orders.example',
      name: 'Orders',
      scopes,
      changeId: 'a',
      createdAt: '',
      changedAt: '',
    }
    expect(shownScopesOf({ scopes: [name], api })).toEqual(scopes)
  },
)
