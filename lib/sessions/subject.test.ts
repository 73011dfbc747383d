import { expect, test } from 'vitest'
import { requireSubject } from './subject.ts'

const requireOf = (sub: string | undefined) => () => requireSubject({ userId: 'ada-id' }, sub)

test.each([undefined, 'ada-id'])('a token of the user whom the client shows as %s is accepted', (sub) => {
  expect(requireOf(sub)).not.toThrow()
})

test.each(['bob-id', ''])('a token of another user than %j is a conflict', (sub) => {
  expect(requireOf(sub)).toThrow(
    expect.objectContaining({
      code: 'conflict',
      message: 'the session is of another user',
      error: 'other_user',
      detail: 'Another user has signed in in this browser. Nothing was changed.',
    }),
  )
})
