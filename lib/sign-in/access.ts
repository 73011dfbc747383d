import { type Deployment, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { DEVICE, permittedOf } from '../sessions/device/values.ts'
import { REPLACED_SESSION } from '../sessions/replaced.ts'
import { LOGIN_TOKEN } from './login-token.ts'

const LOGIN = namesOf(LOGIN_TOKEN)

/** Attributes of a login token whose first step was not the password. */
const OF_PROVIDERS = ['first', 'provider']

/** Stores the login token of a user with second factors. */
export const storeLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => !['provedAt', ...OF_PROVIDERS].includes(name)),
)

/** Stores the login token of such a user after a sign-in with an identity provider. */
export const storeFederatedLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => name !== 'provedAt' && !name.startsWith('pair')),
)

/** Stores the enrolment token of a new user who must have a second factor. */
export const storeProvedLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => !name.startsWith('pair') && !OF_PROVIDERS.includes(name)),
)

/** Stores the login or enrolment token of a sign-in by a mail, or of a new user without a password. */
export const storeMailLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => name !== 'provider' && !name.startsWith('pair')),
)

/** Stores the enrolment token of a new user with an identity at a provider. */
export const storeNewFederatedLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => !name.startsWith('pair')),
)

export const readLogins = read(['login#*'], [...LOGIN, 'spentBy'])

export const spendLogins = writeTogether(['UpdateItem'], ['login#*'], ['spentBy'])

/** Records that an enrolment is proved. */
export const proveLogins = writeTogether(['UpdateItem'], ['login#*'], ['provedAt', 'spentBy'])

/**
 * Items that a complete sign-in reads: the mark of the source, the counted codes, a reset of the factors, the
 * session before.
 */
export const readEarlierSignIns = (deployment: Deployment) =>
  read(
    ['user#*', 'name#*'],
    ['ids', 'ownerId', ...REPLACED_SESSION, ...permittedOf(deployment, DEVICE.names)],
  )
