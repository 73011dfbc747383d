import { expect, test } from 'vitest'
import { attributesOf, flag, number, optionalNumber, optionalText, text } from './dynamodb.ts'
import { type Attributes, namesOf, type Read, type ValuesOf, valuesOf } from './item.ts'

const DRAFT = {
  title: text,
  state: text as Read<'open' | 'sent'>,
  length: number,
  isShared: flag,
  sentAt: optionalNumber,
  author: optionalText,
} satisfies Attributes

const whole: ValuesOf<typeof DRAFT> = { title: 'A', state: 'sent', length: 0, isShared: false, sentAt: 0 }

test('an item has the values of its attributes, and those alone', () => {
  expect(valuesOf(DRAFT, attributesOf({ ...whole, other: 1 }))).toStrictEqual({ ...whole, author: undefined })
})

test('a part of an item has the values that were read', () => {
  const item = attributesOf({ title: 'A', sentAt: 7 })
  expect(valuesOf(DRAFT, item, ['title', 'sentAt'])).toStrictEqual({ title: 'A', sentAt: 7 })
})

test('an item without a required attribute is rejected, and one without an optional attribute is not', () => {
  const { title, ...rest } = attributesOf(whole)
  expect(() => valuesOf(DRAFT, rest)).toThrow('the store holds an item without title')
  expect(() => valuesOf(DRAFT, { title: title ?? { S: '' } }, ['title', 'author'])).not.toThrow()
})

test('the names of the attributes are those of the list', () => {
  expect(namesOf(DRAFT)).toEqual(['title', 'state', 'length', 'isShared', 'sentAt', 'author'])
})
