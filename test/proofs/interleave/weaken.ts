import { partition, sameGeneration } from '../../federation/interleave/weaken.ts'
import { always, writes } from '../../security/interleave/weaken.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Weakening } from '../../support/interleave/world.ts'

type Input = Attempt['input']

/** Changes the attributes of a change token that is stored. */
const tokenWith = (changes: Record<string, string>): Alter =>
  writes('TransactPut', 'change', ({ Item }) => {
    for (const [name, value] of Object.entries(changes)) if (Item.sessionId) Item[name] = { S: value }
  })

/** Takes writes out of transactions. */
const dropping =
  (isDropped: (write: Input) => boolean): Alter =>
  (_, input) => {
    input.TransactItems = input.TransactItems?.filter((item: Input) => !isDropped(Object.values(item)[0]))
    return undefined
  }

const both =
  (...all: Alter[]): Alter =>
  (operation, input) => {
    for (const alter of all) alter(operation, input)
    return undefined
  }

/** Stores the session generation before the next one. */
const sameSessions = writes('TransactUpdate', 'profile', ({ ExpressionAttributeValues: values = {} }) => {
  const next = values[':sessionGeneration']
  if (next) values[':sessionGeneration'] = { N: String(next.N - 1) }
})
const mailAgain = partition(/^mail#/, always)
const anyProfile = both(
  writes('TransactUpdate', 'profile', always),
  writes('TransactDelete', 'profile', always),
)

/** Takes one rule away from each. */
export const WEAKENINGS: Record<string, Weakening<string>> = {
  'the end of the mail of a sign-in': {
    alter: mailAgain,
    acts: ['sign in', 'sign in by the link'],
    shows: /the mail of a sign-in of ada counts twice/,
  },
  'the end of the mail of a first step': {
    alter: mailAgain,
    acts: ['pia signs in', 'pia signs in by the link'],
    shows: /the mail of a sign-in of pia counts twice/,
  },
  'the end of the mail of a proof': {
    alter: mailAgain,
    acts: ['prove and delete', 'prove and delete'],
    shows: /the mail for deletion of ada counts twice/,
  },
  'the end of the signature of a proof': {
    alter: both(writes('TransactUpdate', 'challenge', always), writes('TransactUpdate', 'passkey#', always)),
    acts: ['pia removes the passkey', 'pia removes the passkey'],
    shows: /the signature of pia counts twice/,
  },
  'the condition that a change token is there': {
    alter: partition(/^change#/, (write) => write.Item ?? always(write)),
    acts: ['ask for an address', 'ask for an address'],
    shows: /the token for address of ada counts twice/,
  },
  'the end of a change token': {
    alter: dropping(({ Key }) => Key?.sk.S === 'change'),
    acts: ['delete'],
    shows: /spends no token/,
  },
  'the change of a change token': {
    alter: tokenWith({ change: 'deletion' }),
    acts: ['delete by a proof of another change'],
    shows: /has an effect/,
  },
  'a new generation of tokens at a sign-out everywhere': {
    alter: sameGeneration('generation'),
    acts: ['delete', 'sign out everywhere'],
    shows: /delete takes effect after sign out everywhere/,
  },
  'the generation of the user in a change': {
    alter: anyProfile,
    acts: ['delete', 'sign out everywhere'],
    shows: /delete takes effect after sign out everywhere/,
  },
  ...Object.fromEntries(
    ['reset', 'confirm the address'].map((loss): [string, Weakening<string>] => [
      `a new generation of sessions at: ${loss}`,
      { alter: sameSessions, acts: ['sign in', loss], shows: /by a mail outlives/ },
    ]),
  ),
  'the user as read in a link': {
    alter: anyProfile,
    acts: ['link', 'remove'],
    shows: /a removed user has|half a profile/,
  },
  'the condition that an address is free': {
    alter: writes('TransactPut', 'name', always),
    acts: ['register', 'register by another mail'],
    shows: /two users of an address/,
  },
  'the names of a new user': {
    alter: dropping(({ Item }) => Item?.sk.S === 'name'),
    acts: ['register'],
    shows: /a user without the name/,
  },
  'the end of the names of a removed user': {
    alter: dropping(({ Key }) => Key?.sk.S === 'name'),
    acts: ['delete'],
    shows: /has no user/,
  },
}
