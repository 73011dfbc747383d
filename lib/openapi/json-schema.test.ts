import { expect, test } from 'vitest'
import { object, text } from './json-schema.ts'

test('object requires all members but the optional ones', () => {
  const schema = object('A note.', { id: text('Id.'), title: text('Title.') }, ['title'])
  expect(schema.required).toEqual(['id'])
})

test('object takes names of its own members only', () => {
  // @ts-expect-error: `titel` is no member, so `title` would be required.
  const schema = object('A note.', { id: text('Id.'), title: text('Title.') }, ['titel'])
  expect(schema.required).toEqual(['id', 'title'])
})
