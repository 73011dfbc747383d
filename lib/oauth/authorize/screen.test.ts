import { expect, test } from 'vitest'
import { shownPlaceOf, shownScopesOf } from './screen.ts'

test.each([
  ['https://shop.example:8443/callback', { place: 'shop.example:8443' }],
  ['http://[::1]:4000/callback', { place: '[::1]:4000', device: 'address' }],
  ['com.example.app:/callback', { place: 'com.example.app', device: 'scheme' }],
  ['com.example.app://bank.example/callback', { place: 'com.example.app', device: 'scheme' }],
  ['com.example.http:/callback', { place: 'com.example.http', device: 'scheme' }],
])('%s leads to %j', (redirectUri, place) => {
  expect(shownPlaceOf(redirectUri)).toEqual(place)
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
