import type { Attempt } from '../../support/aws/gate.ts'
import { atRandom, oneOf, randomFrom } from './choices.ts'
import type { Acts, Options } from './interleave.ts'
import { ACT_NAMES, type ActName } from './operations.ts'
import type { Scene } from './scene.ts'
import type { Choose } from './schedule.ts'

/** Operations that meet each other in ways that few random choices among all of them would bring about. */
const THEMES: readonly (readonly ActName[])[] = [
  ACT_NAMES,
  [
    'login',
    'login over a session',
    'refresh',
    'refresh with a copied token',
    'logout',
    'end session',
    'everywhere',
    'password',
    'delete me',
  ],
  [
    'login',
    'login by address',
    "login with the operator's password",
    'refresh',
    'everywhere',
    'password',
    'set-role',
    'set-password',
    'disable',
    'enable',
    'end-sessions',
  ],
  [
    'rename',
    'rename back',
    'rename of bob',
    'set-email',
    'remove the address',
    'remove',
    'add',
    'import with the same id',
    'import with the same id and another name',
  ],
  ['remove', 'import with the same id', 'login of a new user', 'login', 'refresh', 'logout', 'password'],
]

/** Returns everything that a seed decides: operations, order, faults, sessions and the clock. */
export function scheduleFrom(seed: number): { acts: Acts; choose: Choose; options: Options } {
  const random = randomFrom(seed)
  const acts = someOf(random, oneOf(random, THEMES))
  return {
    acts,
    choose: atRandom(random, [0.01, 0.05, 0.15]),
    options: {
      maxFaults: oneOf(random, [0, 1, 3, 8]),
      pick: (values) => oneOf(random, values),
      tickMs: oneOf(random, [0, 0, 1_000, 11_000]),
    },
  }
}

/** Returns what a seed decides for given operations, which use the latest session, and meet many faults. */
export function orderFrom(seed: number, tickMs = 0): { choose: Choose; options: Options } {
  const random = randomFrom(seed)
  return {
    choose: atRandom(random, [0.05, 0.2, 0.5]),
    options: { maxFaults: oneOf(random, [1, 3, 8]), pick: latest, tickMs, isFree: isAside },
  }
}

export const latest: Scene['pick'] = (values) => {
  const value = values.at(-1)
  if (value === undefined) throw new Error('the scene has none yet')
  return value
}

/**
 * Whether a request needs no order, because nothing depends on it that is checked here: it signs, counts an attempt, or
 * clears up after a removal.
 */
export const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'DeleteItem'].includes(operation) ||
  /^(attempts|known)#/.test(String(input.Key?.sk?.S)) ||
  /^name#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S))

function someOf(random: () => number, theme: readonly ActName[]): Acts {
  const acts: (ActName | '>')[] = []
  for (let left = 2 + Math.floor(random() * 5); left > 0; left -= 1) {
    if (acts.length > 0 && random() < 0.3) acts.push('>')
    acts.push(oneOf(random, theme))
  }
  return acts
}
