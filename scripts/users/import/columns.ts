/** Columns of a file, as this service calls them. */
export const COLUMNS = [
  'id',
  'username',
  'email',
  'emailVerified',
  'locale',
  'role',
  'password',
  'passwordHash',
  'disabled',
  'createdAt',
  'externalId',
  'passwordFrom',
  'mustEnrol',
  'attributes',
  'identities',
]

/** Columns with a flag. CSV has no type but text. */
export const FLAGS = ['emailVerified', 'disabled', 'mustEnrol']
